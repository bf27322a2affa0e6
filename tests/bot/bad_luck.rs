//! What is rejected, unclear, unreadable, or panics.

use std::time::Duration;

use harness::bank::Next;
use harness::desk::user;
use harness::phone::Talk;
use tokio::time::{Instant, sleep};
use vimbiso_state::bot::{Inbound, Sent};
use vimbiso_state::{Error, MessageId, Redelivery};

#[tokio::test(start_paused = true)]
async fn rejected_reply_is_reported_and_removed() {
    let talk = Talk::new();
    let reason = "not within 24 hours".to_owned();
    talk.phone.screen().next = vec![(Sent::Rejected { reason }, false)];
    talk.say("m1", "one").await;
    talk.say("m2", "two").await;
    assert_eq!(talk.phone.texts(), ["You said two."]);
    assert_eq!(
        talk.reports(),
        ["the channel rejected a reply: not within 24 hours"]
    );
}

#[tokio::test(start_paused = true)]
async fn ambiguous_send_is_asked_about_and_else_repeated() {
    for (was_sent, shown, marks) in [
        (Some(true), 1, &[false][..]),
        (Some(false), 2, &[false, false]),
        (None, 2, &[false, true]),
    ] {
        let talk = Talk::new();
        tokio::spawn(talk.bot.clone().work());
        talk.phone.screen().was_sent = was_sent;
        talk.phone.screen().next = vec![(Sent::Ambiguous, true)];
        talk.say("m1", "one").await;
        assert_eq!(talk.phone.texts().len(), shown, "{was_sent:?}");
        assert_eq!(talk.phone.screen().may_repeat, marks, "{was_sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn send_that_hangs_counts_as_ambiguous() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.phone.screen().takes = Duration::from_secs(3600);
    talk.try_say("m1", "one").await.unwrap();
    sleep(Duration::from_secs(10)).await;
    talk.phone.screen().takes = Duration::ZERO;
    talk.idle().await;
    assert_eq!(talk.phone.texts(), ["You said one."]);
    assert_eq!(talk.phone.screen().may_repeat, [true]);
}

#[tokio::test(start_paused = true)]
async fn channel_names_the_time_of_the_next_attempt() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    for (asked, waits) in [(minutes(20), minutes(20)), (Duration::MAX, minutes(60))] {
        let talk = Talk::new();
        tokio::spawn(talk.bot.clone().work());
        let retry_after = Some(asked);
        talk.phone.screen().next = vec![(Sent::Failed { retry_after }, false)];
        talk.try_say("m1", "one").await.unwrap();
        sleep(waits - Duration::from_secs(1)).await;
        assert!(talk.phone.texts().is_empty());
        talk.idle().await;
        // The notice of the expiry has waited behind it.
        let shown = talk.phone.texts();
        assert_eq!(shown, ["You said one.", "Your session has expired."]);
    }
}

#[tokio::test(start_paused = true)]
async fn panics_leave_the_entry_for_later() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    let error = talk.try_say("m0", "panic").await.unwrap_err();
    assert_eq!(error.redeliver(), Redelivery::Retry);
    talk.phone.screen().panics = 2;
    talk.bank.state().next = vec![Next::Panic];
    talk.say("m1", "5").await;
    talk.say("m2", &talk.phone.yes()).await;
    assert_eq!(talk.bank.paid(), [5]);
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    let mut reports = talk.reports();
    reports.dedup();
    assert_eq!(
        reports,
        [
            "the decision on a message panicked",
            "sending a reply panicked",
            "a call panicked"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn outcome_is_told_if_the_session_cannot_be_moved() {
    for cents in ["666", "667", "668"] {
        let talk = Talk::new();
        talk.say("m1", cents).await;
        talk.say("m2", &talk.phone.yes()).await;
        let told = format!("Paid {cents}, receipt 1.");
        assert_eq!(talk.phone.texts()[1..], [told]);
        let reports = talk.reports();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert!(reports[0].contains("was not moved"), "{reports:?}");
        let user = talk.bot.manager().load(&talk.user).await.unwrap();
        assert_eq!((user.pending_call(), user.data().paid), (None, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn message_that_is_refused_for_good_is_answered() {
    let talk = Talk::new();
    talk.say("m1", "invalid").await;
    assert_eq!(talk.phone.texts(), ["That cannot be done."]);
    let error = talk.try_say("m2", "fail").await.unwrap_err();
    assert!(matches!(error, Error::Host(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn full_queue_refuses_this_user_alone() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.phone.screen().takes = Duration::from_secs(3600);
    let mut error = None;
    for n in 0..40 {
        if let Err(refused) = talk.try_say(&format!("m{n}"), "hello").await {
            error = Some((n, refused));
            break;
        }
    }
    let (n, error) = error.unwrap();
    assert_eq!(n, 32);
    assert!(matches!(error, Error::OutboxFull), "{error}");
    assert_eq!(error.redeliver(), Redelivery::Retry);

    let mut other = talk.clone();
    other.user = vimbiso_state::UserId::new("263770000000").unwrap();
    other.try_say("m1", "hello").await.unwrap();

    talk.phone.screen().takes = Duration::ZERO;
    talk.idle().await;
    assert_eq!(
        talk.say("m32", "hello").await,
        vimbiso_state::bot::Delivered::First
    );
    assert_eq!(
        talk.phone
            .texts()
            .iter()
            .filter(|text| *text == "You said hello.")
            .count(),
        34
    );
}

#[tokio::test(start_paused = true)]
async fn deleted_user_is_told_nothing_and_the_operator_is() {
    let talk = Talk::new();
    talk.bank.state().takes = Duration::from_secs(5);
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    talk.bot.manager().delete(&talk.user).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.phone.texts(), ["Send 5?"]);
    let user = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!(user.version(), None);
    let reports = talk.reports();
    assert_eq!(
        reports,
        ["an outcome came after its call was concluded or deleted"]
    );
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_what_was_begun() {
    let talk = Talk::new();
    talk.bank.state().takes = Duration::from_secs(5);
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    assert!(!talk.bot.shutdown(Duration::from_secs(1)).await);
    assert!(talk.bot.shutdown(Duration::from_secs(10)).await);
    assert_eq!(talk.bank.paid(), [5]);

    // What it told, another process sends at once, not after the lease.
    let other = talk.another_bot();
    tokio::spawn(other.clone().work());
    let soon = other
        .until_idle(&talk.user, Duration::from_secs(3))
        .await
        .unwrap();
    assert!(soon);
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
}

#[tokio::test(start_paused = true)]
async fn destination_that_is_too_long_is_refused() {
    let talk = Talk::new();
    let to = |bytes| talk.inbound("m1", "hello").reply_to("x".repeat(bytes));
    let error = talk.bot.handle(to(257)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid destination of a reply: use at most 256 bytes"
    );
    talk.bot.handle(to(256)).await.unwrap();
    talk.idle().await;
    assert_eq!(talk.phone.texts(), ["You said hello."]);
}

#[tokio::test(start_paused = true)]
async fn backlog_is_worked_off_as_workers_get_free() {
    let talk = Talk::with(|bot| bot.workers(4));
    talk.phone.screen().takes = Duration::from_millis(100);
    for n in 0..100 {
        let message = MessageId::new(format!("m{n}")).unwrap();
        let inbound = Inbound::new(user(n), message, "hi".to_owned());
        talk.bot.handle(inbound).await.unwrap();
    }
    let start = Instant::now();
    tokio::spawn(talk.bot.clone().work());
    while talk.phone.screen().shown.len() < 100 {
        sleep(Duration::from_millis(50)).await;
    }
    // Four at a time for 100 ms each. Four with each look, once a second, would take 24 s.
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}
