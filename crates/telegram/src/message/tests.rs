use proptest::prelude::*;

use super::text::{shortened, split, units};
use super::*;

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn text_is_split_at_the_end_of_a_paragraph() {
    let first = "a ".repeat(1_500);
    let second = "b ".repeat(1_500);
    let text = format!("{first}\n\n{second}");
    assert_eq!(split(&text, 4_096), [first.trim(), second.trim()]);
}

#[test]
fn family_is_not_split() {
    let family = "👨‍👩‍👧‍👦"; // 11 units
    let text = family.repeat(10);
    for part in split(&text, 32) {
        assert_eq!(part, family.repeat(2));
    }
}

#[test]
fn blank_text_is_no_message() {
    assert!(Message::new(" \n ").parts().is_empty());
    assert_eq!(Message::new("x".repeat(4_096)).parts().len(), 1);
    assert_eq!(Message::new("x".repeat(4_097)).parts().len(), 2);
    assert_eq!(Message::new("😀".repeat(2_049)).parts().len(), 2);
}

#[test]
fn buttons_below_a_blank_text_are_listed() {
    let parts = Message::new(" ").option("a", "Tea").parts();
    assert_eq!(parts[0].text, "1. Tea");
    assert!(parts[0].reply_markup.is_some());
}

#[test]
fn long_option_is_named_at_start_up() {
    let long: &'static str = "a-name-of-exactly-48-bytes-which-is-one-too-many";
    assert_eq!(long.len(), 48);
    let error = keyboard::check_names(["tea", long].into_iter()).unwrap_err();
    assert_eq!(error.option, long);
    assert_eq!(error.bytes, 48);
    assert!(keyboard::check_names(["tea", &long[1..]].into_iter()).is_ok());
}

#[test]
fn label_that_a_button_would_cut_is_in_the_text() {
    let long = "a label that is much longer than what a phone can show of it";
    let message = Message::new("Which?")
        .option("a", "short")
        .option("b", long);
    let parts = message.parts();
    assert_eq!(parts[0].text, format!("Which?\n\n1. short\n2. {long}"));
    let keys = &parts[0].reply_markup.as_ref().unwrap().inline_keyboard;
    assert_eq!(keys[0][0].text, "1. short");
    assert_eq!(keys[1][0].text, "2. a label that is much longer than wha…");
}

#[test]
fn stored_form_is_stable() {
    let message = Message::new("a").option("yes~0000000000000001", "Yes");
    let json = r#"{"text":"a","buttons":[{"id":"yes~0000000000000001","label":"Yes"}]}"#;
    assert_eq!(serde_json::to_string(&message).unwrap(), json);
    let text: Message = serde_json::from_str(r#"{"text":"a"}"#).unwrap();
    assert_eq!(text, Message::new("a"));
}

/// Texts of words, lines, marks and emoji, longer than one message.
fn long_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,300}",
        "[ \n\t]{1,3}",
        "\\PC{1,40}",
        Just("👨‍👩‍👧‍👦".repeat(20))
    ];
    proptest::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_of_a_text_is_lost(text in long_text(), max in 8_usize..5_000) {
        let parts = split(&text, max);
        for part in &parts {
            prop_assert!(!part.trim().is_empty());
            prop_assert!(units(part) <= max);
        }
        prop_assert_eq!(without_space(&parts.concat()), without_space(&text));
    }

    #[test]
    fn message_is_within_the_limits(
        text in long_text(),
        buttons in proptest::collection::vec(("[a-zé~]{0,80}", "[a-z 😀]{0,60}"), 0..110),
    ) {
        let message = buttons.iter().fold(Message::new(&text), |message, (id, label)| {
            message.option(id, label)
        });
        let parts = message.parts();
        let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
        let last = parts.len().saturating_sub(1);
        for (at, part) in parts.iter().enumerate() {
            prop_assert!((1..=MAX_TEXT).contains(&units(&part.text)));
            prop_assert!(part.reply_markup.is_none() || at == last);
            let keys = part.reply_markup.iter().flat_map(|keyboard| &keyboard.inline_keyboard);
            for [key] in keys {
                prop_assert!((1..=64).contains(&key.callback_data.len()));
                prop_assert!(!key.text.is_empty() && units(&key.text) <= 40);
            }
        }
        // Each label is to be read, on a button or in the text.
        let keys = parts.last().and_then(|part| part.reply_markup.as_ref());
        for (_, label) in &buttons {
            let label = label.trim();
            let on_a_button = keys.is_some_and(|keys| {
                keys.inline_keyboard.iter().any(|[key]| key.text == label)
            });
            let squeezed = without_space(&whole);
            prop_assert!(on_a_button || squeezed.contains(&without_space(label)));
        }
    }

    #[test]
    fn shortened_text_fits(text in "\\PC{0,80}", max in 3_usize..50) {
        let short = shortened(&text, max);
        prop_assert!(units(&short) <= max);
    }
}
