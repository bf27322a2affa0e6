//! What the channel does if WhatsApp refuses a message.

use std::time::{Duration, Instant};

use vimbiso_state::bot::Inbound;
use vimbiso_state::{MessageId, UserId};
use vimbiso_whatsapp::channel::Alert;
use vimbiso_whatsapp::simulated::{Fault, SimulatedGraph};

use super::talk::{Talk, long};
use crate::server::until;
use crate::world::TOKEN;

#[tokio::test]
async fn fault_of_the_api_is_tried_again() {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::code(131_016)]);
    let start = Instant::now();
    talk.say("Hello.").await;
    assert_eq!(talk.texts(), ["Hello."]);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn attempt_goes_on_after_the_accepted_parts() {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::Success, Fault::code(2)]);
    talk.say(&long()).await;
    assert_eq!(talk.graph.requests(), 4);
    assert_eq!(talk.texts().join(" "), long());
}

#[tokio::test]
async fn message_that_is_never_accepted_is_rejected() {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::code(131_026)]);
    talk.say("Hello.").await;
    talk.say("Again.").await;
    assert_eq!(talk.texts(), ["Again."]);
    assert_eq!(
        talk.rejected(),
        [
            "error 131026 of the Graph API, HTTP 400: the user cannot get messages (trace \
          AsimulatedGraphApi)"
        ]
    );
}

#[tokio::test]
async fn expired_token_alerts_and_loses_nothing() {
    let talk = Talk::new().await;
    talk.graph.accept_token("the next token");
    talk.begin("Hello.").await;
    until(async || !talk.alerts().is_empty()).await;
    let Alert::Refused { error } = &talk.alerts()[0] else {
        panic!("{:?}", talk.alerts());
    };
    assert_eq!(error.code(), Some(190));
    assert!(!format!("{:?}", talk.alerts()).contains(TOKEN));
    talk.whatsapp
        .client()
        .renew_access_token("the next token")
        .unwrap();
    talk.idle().await;
    assert_eq!(talk.texts(), ["Hello."]);
}

#[tokio::test]
async fn closed_window_sends_the_template_of_an_outcome() {
    let talk = Talk::new().await;
    talk.say("3").await;
    talk.graph.plan([Fault::code(131_047)]);
    talk.say(&talk.graph.sent()[0].options()[0].0).await;
    assert_eq!(talk.texts()[1..], ["paid\n3 cents"]);
    assert!(talk.rejected().is_empty());
}

#[tokio::test]
async fn template_is_tried_again_like_a_message() {
    let talk = Talk::new().await;
    talk.say("3").await;
    talk.graph
        .plan([Fault::code(131_047), Fault::code(2), Fault::code(131_047)]);
    talk.say(&talk.graph.sent()[0].options()[0].0).await;
    assert_eq!(talk.texts()[1..], ["paid\n3 cents"]);
}

#[tokio::test]
async fn closed_window_rejects_without_a_template() {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::code(131_047)]);
    talk.say("Hello.").await;
    assert_eq!(talk.texts(), [""; 0]);
    assert_eq!(talk.rejected().len(), 1);
}

#[tokio::test]
async fn message_is_postponed_as_long_as_asked() {
    for code in [131_056, 130_429] {
        let talk = Talk::new().await;
        let (status, retry_after) = (429, Some(2));
        talk.graph.plan([Fault::Error {
            status,
            code,
            retry_after,
        }]);
        let start = Instant::now();
        talk.say("Hello.").await;
        assert!(start.elapsed() >= Duration::from_secs(2));
        assert_eq!(
            (talk.graph.requests(), talk.texts()),
            (2, vec!["Hello.".to_owned()])
        );
    }
}

/// A refusal for too many messages, and one to another user right after it. Returns how many
/// requests there were a second later.
async fn requests_after_a_limit(code: i64) -> usize {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::Error {
        status: 429,
        code,
        retry_after: Some(2),
    }]);
    talk.begin("Hello.").await;
    until(async || talk.graph.requests() == 1).await;
    let other = UserId::new("263771234568").unwrap();
    let message = MessageId::new("wamid.1").unwrap();
    let inbound = Inbound::new(other, message, "Other.".to_owned());
    talk.bot.handle(inbound).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let requests = talk.graph.requests();
    until(async || talk.graph.sent().len() == 2).await;
    requests
}

#[tokio::test]
async fn limit_of_a_user_postpones_this_user_alone() {
    assert_eq!(requests_after_a_limit(131_056).await, 2);
}

#[tokio::test]
async fn limit_of_the_number_postpones_all_users() {
    assert_eq!(requests_after_a_limit(130_429).await, 1);
}

#[tokio::test]
async fn unreachable_api_is_tried_again_and_certain() {
    let talk = Talk::new().await;
    let address = talk
        .graph
        .url()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    // Nothing is under way, so the port is free again at once.
    let Talk {
        graph, bot, user, ..
    } = talk;
    drop(graph);
    until(async || std::net::TcpListener::bind(address).is_ok()).await;
    let message = MessageId::new("wamid.1").unwrap();
    let inbound = Inbound::new(user.clone(), message, "Hello.".to_owned());
    bot.handle(inbound).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let graph = SimulatedGraph::start_at(address).await.unwrap();
    let idle = bot.until_idle(&user, Duration::from_secs(20));
    assert!(idle.await.unwrap());
    assert_eq!(graph.sent().len(), 1);
}
