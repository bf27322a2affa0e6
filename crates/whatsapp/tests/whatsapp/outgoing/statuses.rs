//! What status webhooks settle.

use std::time::Duration;

use vimbiso_whatsapp::channel::Alert;
use vimbiso_whatsapp::simulated::Fault;

use super::talk::{Talk, long};
use crate::server::until;
use crate::world::USER;

#[tokio::test]
async fn status_settles_a_lost_answer() {
    let talk = Talk::new().await.with_statuses().await;
    talk.graph.plan([Fault::LoseAnswer]);
    talk.say("Hello.").await;
    talk.graph.plan([Fault::Late(Duration::from_secs(5))]);
    talk.say("Again.").await;
    assert_eq!(talk.texts(), ["Hello.", "Again."]);
    // Without a further attempt.
    assert_eq!(talk.graph.requests(), 2);
}

#[tokio::test]
async fn lost_answer_without_a_status_is_sent_again() {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::LoseAnswer]);
    talk.say("Hello.").await;
    assert_eq!(talk.texts(), ["Hello.", "Hello."]);
    talk.graph.plan([Fault::LoseRequest]);
    talk.say("Again.").await;
    assert_eq!(talk.texts()[2..], ["Again."]);
}

#[tokio::test]
async fn lost_answer_to_a_part_is_settled_by_its_status() {
    let talk = Talk::new().await.with_statuses().await;
    talk.graph.plan([Fault::Success, Fault::LoseAnswer]);
    talk.say(&long()).await;
    assert_eq!(talk.graph.requests(), 3);
    assert_eq!(talk.texts().join(" "), long());
}

#[tokio::test]
async fn failed_status_alerts_with_its_code() {
    let talk = Talk::new().await.with_statuses().await;
    talk.graph.plan([Fault::FailLater(131_026)]);
    talk.say("Hello.").await;
    until(async || !talk.alerts().is_empty()).await;
    let data = talk.graph.sent()[0].callback_data.clone().unwrap();
    let reply = data.split_once('.').unwrap().0.parse().unwrap();
    let code = Some(131_026);
    assert_eq!(talk.alerts(), [Alert::NotDelivered { reply, code }]);
    // The webhook is delivered again.
    talk.status(&data, "failed", code);
    assert_eq!(talk.alerts().len(), 1);
}

#[tokio::test]
async fn window_found_closed_later_sends_the_template() {
    let talk = Talk::new().await.with_statuses().await;
    talk.say("3").await;
    talk.graph.plan([Fault::FailLater(131_047)]);
    talk.say(&talk.graph.sent()[0].options()[0].0).await;
    until(async || talk.graph.sent().len() == 3).await;
    assert_eq!(talk.texts()[1..], ["Paid 3 cents.", "paid\n3 cents"]);
    let data = talk.graph.sent()[1].callback_data.clone().unwrap();
    let code = Some(131_047);
    talk.status(&data, "failed", code);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(talk.graph.sent().len(), 3);
}

#[tokio::test]
async fn status_of_another_program_is_ignored() {
    let talk = Talk::new().await;
    for data in ["", "order-7", "8dd145d7cc87f81b2597a525402e70ba"] {
        talk.status(data, "failed", None);
    }
    assert!(talk.alerts().is_empty());
}

#[tokio::test]
async fn status_of_an_unknown_kind_says_nothing() {
    let talk = Talk::new().await;
    talk.graph.plan([Fault::LoseAnswer]);
    let told = async {
        until(async || !talk.graph.sent().is_empty()).await;
        let data = talk.graph.sent()[0].callback_data.clone().unwrap();
        talk.status(&data, "pending", None);
        talk.status(&data, "warning", None);
    };
    tokio::join!(talk.say("Hello."), told);
    assert_eq!(talk.texts(), ["Hello.", "Hello."]);
}

#[tokio::test]
async fn user_of_the_simulated_api_talks_to_the_bot() {
    let talk = Talk::new().await.with_statuses().await;
    talk.graph.write(USER, "3").await.unwrap();
    talk.graph.sent_at_least(1, Duration::from_secs(5)).await;
    let missing = talk.graph.press(USER, "Sell").await.unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    talk.graph.press(USER, "Yes").await.unwrap();
    talk.graph.sent_at_least(2, Duration::from_secs(5)).await;
    assert_eq!(talk.texts(), ["Pay 3 cents?", "Paid 3 cents."]);
}
