//! The webhook, the health check and the page's endpoints over HTTP.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use vimbiso_whatsapp::AppSecret;
use vimbiso_whatsapp::simulated::SimulatedGraph;

use crate::program::{Program, option};

const MEMBER: [&str; 2] = ["--members", "263771234567"];
const SECRET: &str = "5f4dcc3b5aa765d61d8327deb882cf99";
const NUMBER: &str = "106540352242922";

fn webhook(id: &str, fields: Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = now.as_secs().to_string();
    let mut message = json!({"from": "263771234567", "id": id, "timestamp": now});
    let all = message.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
            "messages": [message],
        },
    }]}]})
    .to_string()
}

fn deliver(program: &Program, body: &str) -> u16 {
    let signature = AppSecret::new(SECRET).unwrap().sign(body.as_bytes());
    program
        .post("/webhook", &[("X-Hub-Signature-256", &signature)], body)
        .0
}

/// Waits for so many messages.
async fn sent(graph: &SimulatedGraph, count: usize) -> Vec<String> {
    for _ in 0..1_000 {
        let sent = graph.sent();
        if sent.len() >= count {
            return sent.iter().map(|message| message.text()).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{count} messages were not sent: {:?}", graph.sent());
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_conversation_with_credentials() {
    let graph = SimulatedGraph::start().await.unwrap();
    graph.accept_token("the token");
    let program = Program::start_with(
        &[&MEMBER[..], &["--graph-url", graph.url()]].concat(),
        &[
            ("APP_SECRET", SECRET),
            ("VERIFY_TOKEN", "my verify token"),
            ("ACCESS_TOKEN", "the token"),
            ("PHONE_NUMBER_ID", NUMBER),
        ],
    );
    let secret = AppSecret::new(SECRET).unwrap();
    graph.webhook(format!("{}webhook", program.url()), secret);
    let challenge = "/webhook?hub.mode=subscribe&hub.verify_token=my%20verify%20token&\
                     hub.challenge=42";
    assert_eq!(program.get(challenge), (200, "42".to_owned()));
    assert_eq!(program.get("/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(
        program.get("/").0,
        404,
        "the chat page is for the simulated Graph API alone"
    );

    let text = |text: &str| json!({"type": "text", "text": {"body": text}});
    let hi = webhook("wamid.1", text("hi"));
    assert_eq!(program.post("/webhook", &[], &hi).0, 401);
    assert_eq!(deliver(&program, &hi), 200);
    let menu = &sent(&graph, 1).await[0];
    assert!(
        menu.contains("Hello, Ada.") && !menu.contains("1. "),
        "{menu}"
    );
    let rows = graph.sent()[0].options();
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert_eq!(rows[1].1, "📥 Pending Offers");

    let row = json!({"type": "interactive", "interactive": {
        "type": "list_reply", "list_reply": {"id": rows[1].0, "title": rows[1].1},
    }});
    assert_eq!(deliver(&program, &webhook("wamid.2", row)), 200);
    assert!(sent(&graph, 2).await[1].contains("Pending offers"));

    assert_eq!(
        deliver(&program, &webhook("wamid.3", text("10=>grace"))),
        200
    );
    sent(&graph, 3).await;
    let yes = graph.sent()[2].options()[0].clone();
    let tap = json!({"type": "interactive", "interactive": {
        "type": "button_reply", "button_reply": {"id": yes.0, "title": yes.1},
    }});
    let tap = webhook("wamid.4", tap);
    assert_eq!(deliver(&program, &tap), 200);
    let told = sent(&graph, 4).await;
    assert!(
        told[3].contains("✅ You offered 10.00 USD to Grace Hopper."),
        "{}",
        told[3]
    );

    // Delivered again, and said again: no other reply, and no other offer.
    assert_eq!(deliver(&program, &tap), 200);
    assert_eq!(deliver(&program, &webhook("wamid.5", text("3"))), 200);
    let told = sent(&graph, 5).await;
    assert_eq!(told.len(), 5, "{told:?}");
    let rows = graph.sent()[4].options();
    assert_eq!(rows.len(), 1, "{rows:?}");
}

#[test]
fn page_is_started_without_credentials() {
    let program = Program::start(&MEMBER);
    let source = include_str!("../../src/bin/whatsapp/main.rs");
    let printed = program.printed.replace(&program.address, "127.0.0.1:8080");
    let docs: Vec<_> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .collect();
    let docs = docs.join("\n").replace("\n ", "\n");
    assert!(docs.contains(&printed), "{docs}\n{printed}");
    assert_eq!(program.get("/healthz"), (200, "ok\n".to_owned()));
    let (status, page) = program.get("/");
    assert_eq!(status, 200);
    for elsewhere in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(elsewhere), "the page loads {elsewhere}");
    }
    assert_eq!(
        program.say(&json!({"text": "10=>grace"})).to_string(),
        r#"{"answers":[200]}"#
    );
    assert!(docs.contains(r#"{"answers":[200]}"#));
    assert!(
        program.replies(1)[0]["text"]
            .as_str()
            .unwrap()
            .contains("Grace Hopper")
    );
}

#[test]
fn visitor_becomes_a_member_by_taps() {
    let program = Program::start(&[]);
    program.say(&json!({"text": "hi"}));
    let register = program.replies(1).remove(0);
    let id = option(&register, "📝 Become a Member");
    program.say(&json!({"text": "📝 Become a Member", "id": id, "of": register["id"]}));
    program.replies(2);
    program.say(&json!({"text": "Tariro Moyo"}));
    let menu = program.replies(3).remove(2);
    assert!(
        menu["text"]
            .as_str()
            .unwrap()
            .contains("you are a member now")
    );
    let row = option(&menu, "📒 Review Transactions");
    program.say(&json!({"text": "x", "id": row, "of": menu["id"], "is_row": true}));
    let transactions = program.replies(4).remove(3);
    assert!(transactions["text"].as_str().unwrap().contains("page 1"));
}

#[test]
fn duplicates_lead_to_one_reply() {
    let program = Program::start(&MEMBER);
    program.switch("duplicates");
    assert_eq!(
        program.say(&json!({"text": "hi"}))["answers"],
        json!([200, 200, 200])
    );
    program.say(&json!({"text": "4"}));
    let replies = program.replies(2);
    assert!(replies[0]["text"].as_str().unwrap().contains("Hello, Ada."));
    assert!(
        replies[1]["text"]
            .as_str()
            .unwrap()
            .contains("Transactions")
    );
}

#[test]
fn call_of_a_killed_worker_takes_effect_once() {
    let program = Program::start(&MEMBER);
    program.say(&json!({"text": "10=>grace"}));
    let question = program.replies(1).remove(0);
    program.switch("kill");
    let yes = json!({"text": "Yes", "id": option(&question, "Yes"), "of": question["id"]});
    assert_eq!(program.say(&yes)["answers"], json!([200]));
    let told = program.replies(2).remove(1);
    assert!(
        told["text"]
            .as_str()
            .unwrap()
            .contains("You offered 10.00 USD"),
        "{told}"
    );
    program.say(&json!({"text": "3"}));
    let offers = program.replies(3).remove(2);
    assert_eq!(
        offers["text"]
            .as_str()
            .unwrap()
            .matches("Reply with")
            .count(),
        1
    );
    let buttons = &offers["json"]["interactive"]["action"]["sections"][0]["rows"];
    assert_eq!(buttons.as_array().map(Vec::len), Some(1), "{offers:#}");
}

#[test]
fn message_that_is_held_back_is_overtaken() {
    let program = Program::start(&MEMBER);
    program.say(&json!({"text": "hi"}));
    program.replies(1);
    program.switch("reorder");
    std::thread::scope(|scope| {
        scope.spawn(|| program.say(&json!({"text": "4"})));
        std::thread::sleep(Duration::from_millis(300));
        program.say(&json!({"text": "2"}));
        let second = program.replies(2).remove(1);
        assert!(
            second["text"].as_str().unwrap().contains("Pending offers"),
            "{second}"
        );
    });
    // The one that was overtaken is answered too.
    let third = program.replies(3).remove(2);
    let third = third["text"].as_str().unwrap();
    assert!(third.contains("Reply with a number"), "{third}");
}

#[test]
fn worker_is_killed_once() {
    let program = Program::start(&MEMBER);
    program.switch("kill");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| program.say(&json!({"text": "hi"})));
        }
    });
    program.events_until(|event| event["text"].to_string().contains("was killed"));
    std::thread::sleep(Duration::from_millis(1_500));
    let events = program.events_until(|event| event["worker"].is_u64());
    let state = events.last().unwrap();
    assert_eq!(state["worker"], 2, "{state}");
    assert_eq!(state["switches"]["kill"], false);
}

#[test]
fn page_goes_on_when_the_program_is_started_again() {
    let first = Program::start(&MEMBER);
    for _ in 0..3 {
        first.say(&json!({"text": "hi"}));
    }
    let seen = first.events_until(|event| event["kind"] == "answer");
    let seen = seen.last().unwrap()["number"].as_str().unwrap().to_owned();
    drop(first);
    let second = Program::start(&MEMBER);
    second.say(&json!({"text": "hi"}));
    let events = second.events_after(&seen, |event| event["kind"] == "answer");
    let kinds: Vec<_> = events
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    // The page removes what it has shown.
    assert_eq!(kinds[..2], ["cleared", "in"]);
}

#[test]
fn other_sites_do_not_reach_the_page() {
    let program = Program::start(&[]);
    let form = [("content-type", "text/plain")];
    assert_eq!(program.post("/demo/say", &form, r#"{"text":"hi"}"#).0, 415);
    assert_eq!(program.post("/demo/forget", &form, "{}").0, 415);
    // A name that leads to loopback.
    assert_eq!(program.get_as("evil.example", "/").0, 403);
    assert_eq!(program.get_as("localhost:8080", "/").0, 200);
    assert_eq!(program.get_as("[::1]:8080", "/").0, 200);
}
