//! Menus that could not be sent: the user reads the newest one.

use std::time::Duration;

use harness::bank::Bank;
use harness::hooked::Call;
use harness::hooks::{At, Midway};
use harness::phone::Talk;
use tokio::time::sleep;
use vimbiso_state::bot::{Bot, Sent};
use vimbiso_state::{MemoryStore, StateManager, StoreError};

/// The channel accepts nothing more, and shows nothing.
fn fail(talk: &Talk) {
    let failed = Sent::Failed { retry_after: None };
    talk.phone.screen().next = vec![(failed, false); 1_000];
}

const SOON: Duration = Duration::from_millis(100);
/// After an attempt to send again what could not be sent.
const LATER: Duration = Duration::from_millis(1_500);

async fn say_all(talk: &Talk, every: Duration, texts: &[&str]) {
    for (n, text) in texts.iter().enumerate() {
        let id = format!("m{n}");
        talk.try_say(&id, text).await.unwrap();
        sleep(every).await;
    }
}

#[tokio::test(start_paused = true)]
async fn last_menu_alone_is_read_after_an_outage() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    fail(&talk);
    say_all(&talk, LATER, &["menu 1", "menu 2", "menu 3"]).await;
    talk.phone.screen().next.clear();
    talk.idle().await;
    assert_eq!(talk.phone.texts(), ["You said menu 3."]);
}

#[tokio::test(start_paused = true)]
async fn all_but_menus_is_read_after_an_outage() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("first", "5").await;
    let yes = talk.phone.yes();
    fail(&talk);
    let texts = ["menu 1", &yes, "menu 2", "hello", "menu 3"];
    say_all(&talk, LATER, &texts).await;
    assert_eq!(talk.phone.texts(), ["Send 5?"]);
    talk.phone.screen().next.clear();
    talk.idle().await;
    assert_eq!(
        talk.phone.texts(),
        [
            "Send 5?",
            "Paid 5, receipt 1.",
            "You said hello.",
            "You said menu 3.",
        ]
    );
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn menu_waits_as_long_as_the_channel_asked() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    let retry_after = Some(Duration::from_secs(20));
    talk.phone.screen().next = vec![(Sent::Failed { retry_after }, false)];
    say_all(&talk, SOON, &["menu 1", "menu 2"]).await;
    sleep(Duration::from_secs(19)).await;
    assert!(talk.phone.texts().is_empty());
    talk.idle().await;
    assert_eq!(talk.phone.texts(), ["You said menu 2."]);
}

#[tokio::test(start_paused = true)]
async fn menu_that_may_have_been_read_is_sent_again() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.phone.screen().next = vec![(Sent::Ambiguous, true)];
    say_all(&talk, SOON, &["menu 1", "menu 2"]).await;
    talk.idle().await;
    assert_eq!(
        talk.phone.texts(),
        ["You said menu 1.", "You said menu 1.", "You said menu 2."]
    );
    assert_eq!(talk.phone.screen().may_repeat, [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn menus_that_were_not_fetched_all_wait() {
    let hooked = Midway::new(MemoryStore::new());
    let manager = StateManager::new(hooked.clone());
    let bot = Bot::builder(manager, Bank::default()).build().unwrap();
    let talk = Talk::new();
    let died = async { Err(StoreError::unavailable("it died")) };
    hooked.hook.once(At::Before(Call::ShowOutbox), died);
    assert!(bot.answer(talk.inbound("m1", "menu 1")).await.is_err());
    let answer = bot.answer(talk.inbound("m2", "menu 2")).await.unwrap();
    let texts: Vec<_> = answer.replies.iter().map(|reply| &*reply.text).collect();
    assert_eq!(texts, ["You said menu 1.", "You said menu 2."]);
}
