//! Sessions that expire, begin anew, or are changed while a call is pending.

use std::time::Duration;

use harness::bank::Next;
use harness::phone::Talk;
use harness::transfer::At;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn outcome_moves_no_session_but_its_own() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().next = vec![Next::FailBefore; 100];
    talk.say("m1", "5").await;
    talk.try_say("m2", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(400)).await; // expired
    talk.try_say("m3", "7").await.unwrap(); // a new session, which asks about 7
    let user = talk.bot.manager().load(&talk.user).await.unwrap();
    assert!(
        user.pending_call().is_some(),
        "the new session knows of the call"
    );
    talk.bank.state().next.clear();
    talk.idle().await;
    let user = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!((user.stage(), user.data().cents), (At::Confirm, 7));
    assert_eq!(user.pending_call(), None);
    talk.say("m4", &talk.phone.yes()).await;
    assert_eq!(talk.bank.paid(), [5, 7]);
}

#[tokio::test(start_paused = true)]
async fn outcome_does_not_prolong_the_session() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().next = vec![Next::FailBefore; 12];
    talk.say("m1", "5").await;
    talk.try_say("m2", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(200)).await;
    talk.bank.state().next.clear();
    sleep(Duration::from_secs(60)).await; // told, 40 s before the expiry
    assert_eq!(talk.bank.paid(), [5]);
    let active = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!(
        (active.status().name(), active.stage()),
        ("active", At::Start)
    );
    sleep(Duration::from_secs(41)).await;
    let expired = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!(expired.status().name(), "expired");
}

#[tokio::test(start_paused = true)]
async fn everything_was_down_for_an_hour() {
    let talk = Talk::new();
    talk.bank.state().repeat_for = Duration::from_secs(86_400);
    talk.bank.state().next = vec![Next::FailBefore];
    talk.say("m1", "5").await;
    talk.try_say("m2", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(3600)).await; // no bot works
    let other = talk.another_bot();
    tokio::spawn(other.work());
    talk.idle().await;
    assert_eq!(talk.bank.paid(), [5]);
    let texts = talk.phone.texts();
    assert!(
        texts.contains(&"Paid 5, receipt 1.".to_owned()),
        "{texts:?}"
    );
}
