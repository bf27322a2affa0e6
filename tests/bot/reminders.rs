//! Reminders, and the one notice of an expiry.

use std::time::Duration;

use harness::phone::Talk;
use harness::transfer::Transfer;
use tokio::time::sleep;
use vimbiso_state::Turn;

#[tokio::test(start_paused = true)]
async fn reminder_comes_once_if_the_user_is_silent() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("m1", "remind").await;
    sleep(Duration::from_secs(55)).await;
    assert_eq!(talk.phone.texts(), ["You said remind."]);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.phone.texts()[1..], ["Are you still there?"]);
    sleep(Duration::from_secs(100)).await;
    assert_eq!(talk.phone.texts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn reminder_that_fails_is_reported_once() {
    for (text, why) in [
        ("remind badly", "as the test asks"),
        ("remind in panic", "`remind` panicked"),
    ] {
        let talk = Talk::new();
        tokio::spawn(talk.bot.clone().work());
        talk.say("m1", text).await;
        sleep(Duration::from_secs(200)).await;
        assert_eq!(talk.phone.texts().len(), 1);
        let reports = talk.reports();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert!(reports[0].contains(why), "{reports:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn reminder_is_dropped_if_the_user_moves_on() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("m1", "remind").await;
    sleep(Duration::from_secs(30)).await;
    talk.say("m2", "hello").await;
    sleep(Duration::from_secs(200)).await;
    assert_eq!(talk.phone.texts(), ["You said remind.", "You said hello."]);
}

#[tokio::test(start_paused = true)]
async fn reminder_is_dropped_if_another_turn_moves_on() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("m1", "remind").await;
    let change = |turn: &mut Turn<Transfer>| {
        turn.data_mut().cents = 1;
        Ok(())
    };
    talk.bot
        .manager()
        .update_state(&talk.user, "test", change)
        .await
        .unwrap();
    sleep(Duration::from_secs(200)).await;
    assert_eq!(talk.phone.texts(), ["You said remind."]);
}

#[tokio::test(start_paused = true)]
async fn reminder_does_not_prolong_the_session() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("m1", "remind").await;
    sleep(Duration::from_secs(301)).await;
    let user = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!(user.status().name(), "expired");
}

#[tokio::test(start_paused = true)]
async fn expiry_is_told_once_and_is_still_found() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("m1", "hello").await;
    sleep(Duration::from_secs(290)).await;
    assert_eq!(talk.phone.texts().len(), 1);
    sleep(Duration::from_secs(900)).await;
    assert_eq!(talk.phone.texts()[1..], ["Your session has expired."]);
    talk.say("m2", "expired?").await;
    assert_eq!(talk.phone.texts()[2..], ["expired"]);
}

#[tokio::test(start_paused = true)]
async fn reminder_and_expiry_are_told_to_one_user() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.say("m1", "remind").await;
    sleep(Duration::from_secs(1200)).await;
    assert_eq!(
        talk.phone.texts()[1..],
        ["Are you still there?", "Your session has expired."]
    );
}
