//! Any message is rendered within the limits, and no text is lost.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::render;
use crate::limits::{self, length};
use crate::message::{MenuOption, Message, Template};

fn rendered(message: &Message) -> Vec<Value> {
    let parts = render(message).into_iter();
    parts
        .map(|part| serde_json::to_value(part).unwrap())
        .collect()
}

fn menu(labels: &[&str]) -> Message {
    let options = labels
        .iter()
        .map(|label| MenuOption::new(format!("{label}~1"), *label));
    Message::new("Which?").options(options)
}

#[test]
fn text_is_sent_as_it_is() {
    assert_eq!(
        rendered(&Message::new("Hello.")),
        [json!({"type": "text", "text": {"body": "Hello."}})]
    );
    assert!(rendered(&Message::new(" \n")).is_empty());
}

#[test]
fn few_short_options_are_buttons() {
    assert_eq!(
        rendered(
            &menu(&["Yes", "No"])
                .header("Payment")
                .footer("3 dollars")
                .quoting("wamid.1")
        ),
        [json!({
            "context": {"message_id": "wamid.1"},
            "type": "interactive",
            "interactive": {
                "type": "button",
                "header": {"type": "text", "text": "Payment"},
                "body": {"text": "Which?"},
                "footer": {"text": "3 dollars"},
                "action": {"buttons": [
                    {"type": "reply", "reply": {"id": "Yes~1", "title": "Yes"}},
                    {"type": "reply", "reply": {"id": "No~1", "title": "No"}},
                ]},
            },
        })]
    );
}

#[test]
fn more_options_are_a_list() {
    let option = MenuOption::new("d", "Day").description("A whole one");
    let long = "A label that is too long for a title";
    let message = menu(&["A", "B", long])
        .options([option])
        .list_button("Wählen");
    assert_eq!(
        rendered(&message),
        [json!({
            "type": "interactive",
            "interactive": {
                "type": "list",
                "body": {"text": "Which?"},
                "action": {"button": "Wählen", "sections": [{"title": "Wählen", "rows": [
                    {"id": "A~1", "title": "A"},
                    {"id": "B~1", "title": "B"},
                    {"id": format!("{long}~1"), "title": "3", "description": long},
                    {"id": "d", "title": "Day", "description": "A whole one"},
                ]}]},
            },
        })]
    );
}

#[test]
fn options_that_do_not_fit_are_numbered() {
    let eleven = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    let long = "x".repeat(73);
    let same_id = Message::new("Which?").option("a", "A").option("a", "B");
    for (message, first) in [
        (menu(&eleven), "a"),
        (menu(&[&long, "b"]), long.as_str()),
        (menu(&["a b", "\n"]), "a b"),
        (same_id, "A"),
        (
            menu(&["a", "b", "c", "d"]).list_button("A label that is too long"),
            "a",
        ),
    ] {
        let parts = rendered(&message);
        let text = parts[0]["text"]["body"].as_str().unwrap();
        assert!(
            text.starts_with(&format!("Which?\n\n1. {first}\n2.")),
            "{text}"
        );
    }
}

#[test]
fn two_buttons_with_one_title_are_a_list() {
    let message = Message::new("Which?").option("a", "Tea").option("b", "Tea");
    assert_eq!(rendered(&message)[0]["interactive"]["type"], "list");
}

#[test]
fn long_text_precedes_its_options() {
    let message = menu(&["Yes", "No"]).header("Terms");
    let message = Message {
        text: "A sentence of the terms. ".repeat(200),
        ..message
    };
    let parts = rendered(&message);
    assert_eq!(parts.len(), 2);
    let text = parts[0]["text"]["body"].as_str().unwrap();
    assert!(text.starts_with("Terms\n\nA sentence of the terms. A"));
    assert!(text.ends_with("of the terms."));
    let body = parts[1]["interactive"]["body"]["text"].as_str().unwrap();
    assert!(body.starts_with("A sentence") && body.ends_with("of the terms."));
    assert_eq!(parts[1]["interactive"].get("header"), None);
}

#[test]
fn values_of_a_template_are_one_line() {
    let template = Template::new("paid", "en").parameter("3\n  dollars\t");
    let part = serde_json::to_value(super::render_template(&template)).unwrap();
    assert_eq!(
        part,
        json!({
            "type": "template",
            "template": {
                "name": "paid",
                "language": {"code": "en"},
                "components": [
                    {"type": "body", "parameters": [{"type": "text", "text": "3 dollars"}]},
                ],
            },
        })
    );
}

/// Fails if a text that WhatsApp limits is too long, or blank.
fn within(value: &Value, limit: usize) -> String {
    let text = value.as_str().unwrap();
    assert!(
        !text.trim().is_empty() && length(text) <= limit,
        "{limit}: {text:?}"
    );
    text.to_owned()
}

fn within_if_any(value: &Value, limit: usize) -> String {
    match value {
        Value::Null => String::new(),
        value => within(value, limit),
    }
}

/// What a user reads of a part, and the ids of its options.
fn read(part: &Value, ids: &mut Vec<String>) -> String {
    if part["type"] == "text" {
        return within(&part["text"]["body"], limits::TEXT);
    }
    let interactive = &part["interactive"];
    let mut text = within_if_any(&interactive["header"]["text"], limits::HEADER);
    text += &within(&interactive["body"]["text"], limits::BODY);
    let action = &interactive["action"];
    let mut titles = Vec::new();
    if interactive["type"] == "button" {
        let buttons = action["buttons"].as_array().unwrap();
        assert!((1..=limits::BUTTONS).contains(&buttons.len()));
        for button in buttons {
            ids.push(within(&button["reply"]["id"], limits::OPTION_ID));
            titles.push(within(&button["reply"]["title"], limits::BUTTON_TITLE));
        }
        text += &titles.concat();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), buttons.len());
    } else {
        within(&action["button"], limits::LIST_BUTTON);
        within(&action["sections"][0]["title"], limits::SECTION_TITLE);
        let rows = action["sections"][0]["rows"].as_array().unwrap();
        assert!((1..=limits::ROWS).contains(&rows.len()));
        for row in rows {
            ids.push(within(&row["id"], limits::OPTION_ID));
            text += &within(&row["title"], limits::ROW_TITLE);
            text += &within_if_any(&row["description"], limits::ROW_DESCRIPTION);
        }
    }
    text + &within_if_any(&interactive["footer"]["text"], limits::HEADER)
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether these texts are all there, in this order.
fn holds(read: &str, texts: &[&str]) -> bool {
    let read = without_spaces(read);
    let mut rest = read.as_str();
    texts
        .iter()
        .all(|text| match rest.split_once(&without_spaces(text)) {
            Some((_, further)) => {
                rest = further;
                true
            }
            None => false,
        })
}

fn option() -> impl Strategy<Value = MenuOption> {
    let label = prop_oneof![
        ".{0,30}",
        "[a-zé ]{1,24}",
        "[a-z ]{20,90}",
        "(🍵|👩‍👩‍👧|a){1,14}"
    ];
    let description = proptest::option::weighted(0.3, ".{0,80}");
    let id = prop_oneof![
        "[a-c]{1,2}",
        ".{0,12}",
        "[a-z]{1,64}~[0-9a-f]{16}",
        "[a-z]{190,210}"
    ];
    (id, label, description).prop_map(|(id, label, description)| MenuOption {
        id,
        label,
        description,
    })
}

fn message() -> impl Strategy<Value = Message> {
    let text = prop_oneof![
        "(.|\\n){0,60}",
        "([a-zé]{1,12}[.,]?[ \\n]{1,2}){0,900}",
        "[a-z]{0,9000}",
        "(👩‍👩‍👧|é|e\u{301}|\u{301}| ){0,3000}",
    ];
    let options = proptest::collection::vec(option(), 0..13);
    let short = || proptest::option::of(".{0,70}");
    let label = proptest::option::of("[a-z]{0,24}");
    (text, options, short(), short(), label).prop_map(|(text, options, header, footer, label)| {
        Message {
            options,
            header,
            footer,
            list_button: label,
            ..Message::new(text)
        }
    })
}

proptest! {
    // Long texts are slow to split without optimisation.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_message_fits_and_loses_nothing(message in message()) {
        let mut ids = Vec::new();
        let parts = rendered(&message);
        let read: String = parts.iter().map(|part| read(part, &mut ids)).collect();
        let all: Vec<_> = message.options.iter().map(|option| option.id.clone()).collect();
        prop_assert!(ids.is_empty() || ids == all, "an option is lost or doubled");
        let header = message.header.as_deref().unwrap_or_default();
        let footer = message.footer.as_deref().unwrap_or_default();
        let options: Vec<_> = message
            .options
            .iter()
            .flat_map(|option| [Some(option.label.as_str()), option.description.as_deref()])
            .flatten()
            .collect();
        let text = message.text.as_str();
        prop_assert!(holds(&read, &[header, text]));
        prop_assert!(holds(&read, &[&[text], options.as_slice()].concat()));
        prop_assert!(holds(&read, &[text, footer]));
    }

    #[test]
    fn stored_message_is_rendered_the_same(message in message()) {
        let stored = serde_json::to_string(&message).unwrap();
        let back: Message = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(rendered(&back), rendered(&message));
    }
}
