//! Replies of a bot as the user reads them.

use vimbiso_state::bot::Inbound;
use vimbiso_state::{MessageId, UserId};

use super::talk::{Talk, long};
use crate::server::until;
use crate::world::USER;

#[tokio::test]
async fn user_buys_by_a_button() {
    let talk = Talk::new().await;
    talk.say("3").await;
    let menu = &talk.graph.sent()[0];
    assert_eq!(
        (menu.to.as_str(), menu.text().as_str()),
        (USER, "Pay 3 cents?")
    );
    let options = menu.options();
    assert_eq!(options[1].1, "No");
    talk.say(&options[0].0).await;
    assert_eq!(talk.texts(), ["Pay 3 cents?", "Paid 3 cents."]);
    assert_eq!(talk.graph.requests(), 2);
    assert!(talk.alerts().is_empty());
}

#[tokio::test]
async fn parts_of_a_long_reply_come_in_order() {
    let talk = Talk::new().await;
    talk.say(&long()).await;
    let texts = talk.texts();
    assert_eq!(texts.len(), 3);
    assert_eq!(texts.join(" "), long());
    let data: Vec<_> = talk
        .graph
        .sent()
        .iter()
        .map(|sent| sent.callback_data.clone())
        .collect();
    let parts = data
        .iter()
        .flatten()
        .filter_map(|data| data.split_once('.'));
    let (ids, numbers): (Vec<_>, Vec<_>) = parts.unzip();
    assert_eq!(numbers, ["0", "1", "2"]);
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn reply_goes_where_the_message_said() {
    let talk = Talk::new().await;
    let user = UserId::encode("someone with a name").unwrap();
    let message = MessageId::new("wamid.1").unwrap();
    let inbound = Inbound::new(user, message, "Hello.".to_owned());
    let inbound = inbound.reply_to("US.13491208655302741918");
    talk.bot.handle(inbound).await.unwrap();
    until(async || talk.graph.sent().len() == 1).await;
    assert_eq!(talk.graph.sent()[0].to, "US.13491208655302741918");
}

#[tokio::test]
async fn reply_that_cannot_be_sent_is_rejected() {
    let talk = Talk::new().await;
    talk.say(" ").await;
    let user = UserId::encode("someone with a name").unwrap();
    let message = MessageId::new("wamid.1").unwrap();
    let inbound = Inbound::new(user, message, "Hello.".to_owned());
    talk.bot.handle(inbound).await.unwrap();
    until(async || talk.rejected().len() == 2).await;
    assert_eq!(
        talk.rejected(),
        [
            "the message is blank",
            "neither the user id nor reply_to is a recipient of WhatsApp",
        ]
    );
    assert_eq!(talk.graph.requests(), 0);
}
