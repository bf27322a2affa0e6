//! A payment from the question to the reply, and what the bank may answer.

use std::time::Duration;

use harness::bank::Next;
use harness::phone::Talk;
use harness::transfer::At;
use vimbiso_state::bot::{Delivered, Inbound};
use vimbiso_state::{Error, MessageId};

#[tokio::test(start_paused = true)]
async fn payment_is_made_and_told() {
    let talk = Talk::new();
    assert_eq!(talk.say("m1", "5").await, Delivered::First);
    talk.say("m2", &talk.phone.yes()).await;
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    assert_eq!(talk.bank.paid(), [5]);
    let user = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!((user.stage(), user.data().paid), (At::Start, 5));
    assert_eq!(user.pending_call(), None);
}

#[tokio::test(start_paused = true)]
async fn typed_yes_pays_if_the_question_was_sent() {
    let talk = Talk::new();
    talk.say("m1", "5").await;
    talk.say("m2", "1").await;
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn refusal_is_told_and_final() {
    let talk = Talk::new();
    talk.bank.state().next = vec![Next::Refuse];
    talk.say("m1", "5").await;
    talk.say("m2", "1").await;
    assert_eq!(talk.phone.texts()[1], "Not paid 5: no money");
    assert_eq!(talk.bank.paid(), [0; 0]);
    assert_eq!(talk.bank.state().performed, 1);
}

#[tokio::test(start_paused = true)]
async fn unreachable_bank_is_called_again_by_itself() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().next = vec![Next::FailBefore, Next::FailAfter, Next::FailBefore];
    talk.say("m1", "5").await;
    talk.say("m2", "1").await;
    assert_eq!(talk.bank.paid(), [5]);
    assert_eq!(talk.phone.texts()[1..], ["Paid 5, receipt 1."]);
    // The lost answer is found by asking.
    let bank = talk.bank.state();
    assert_eq!((bank.performed, bank.asked), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn bank_that_only_refuses_repeats_is_asked() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    // "Key reused": the API says nothing more to a repeated call.
    talk.bank.state().next = vec![Next::FailAfter, Next::FailBefore, Next::FailBefore];
    talk.say("m1", "5").await;
    talk.say("m2", "1").await;
    assert_eq!(talk.phone.texts()[1..], ["Paid 5, receipt 1."]);
    assert_eq!(talk.bank.state().performed, 1);
}

#[tokio::test(start_paused = true)]
async fn yes_is_asked_for_again_once_keys_may_be_forgotten() {
    let timeout = Duration::from_secs(20);
    let talk = Talk::with(|bot| bot.call_timeout(timeout));
    let known = Duration::from_secs(1);
    // The age of a question is counted by the clock of the machine, which cannot be paused.
    let outlive = || std::thread::sleep(known + Duration::from_millis(50));
    talk.bank.state().repeat_for = timeout + known;
    talk.say("m1", "5").await;
    outlive();
    talk.say("m2", "1").await;
    assert_eq!(talk.phone.texts(), ["Send 5?", "Send 5?"]);
    assert_eq!(talk.bank.state().performed, 0);
    talk.say("m3", "1").await;
    assert_eq!(talk.phone.texts()[2..], ["Paid 5, receipt 1."]);
    // The button of the question that is too old makes no call either.
    talk.say("m4", "6").await;
    let yes = talk.phone.yes();
    outlive();
    talk.say("m5", &yes).await;
    assert_eq!(talk.phone.texts()[3..], ["Send 6?", "Send 6?"]);
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn message_that_was_sent_long_ago_makes_no_call() {
    let talk = Talk::new();
    talk.bank.state().repeat_for = Duration::from_secs(300);
    talk.say("m1", r#"call {"cents":5}"#).await;
    assert_eq!(talk.bank.paid(), [5]);
    let sent = std::time::SystemTime::now() - Duration::from_secs(400);
    let message = MessageId::new("m2").unwrap().sent_at(sent);
    let again = r#"call {"cents":6}"#.to_owned();
    let late = Inbound::new(talk.user.clone(), message, again);
    let error = talk.bot.handle(late).await.unwrap_err();
    assert!(matches!(error, Error::Stale { .. }), "{error}");
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusal_of_an_earlier_attempt_concludes_nothing() {
    let lease = Duration::from_secs(5);
    let talk = Talk::with(|bot| bot.lease(lease));
    // The first worker is held up for longer than its lease, and is told no while another one pays:
    // that may be untrue by then.
    talk.bank.state().next = vec![Next::RefuseAfter(lease * 3 / 2)];
    talk.bank.state().takes = lease;
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    tokio::spawn(talk.another_bot().work());
    talk.idle().await;
    assert_eq!(talk.phone.texts()[1..], ["Paid 5, receipt 1."]);
    assert_eq!(talk.bank.state().performed, 2);
}

#[tokio::test(start_paused = true)]
async fn call_with_a_forgotten_key_is_only_asked_about() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    {
        let mut bank = talk.bank.state();
        bank.repeat_for = Duration::ZERO;
        bank.next = vec![Next::FailAfter];
    }
    talk.say("m1", "5").await;
    talk.say("m2", "1").await;
    assert_eq!(talk.phone.texts()[1..], ["Paid 5, receipt 1."]);
    let bank = talk.bank.state();
    assert_eq!((bank.performed, bank.asked), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn not_found_is_final_once_requests_have_settled() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    {
        let mut bank = talk.bank.state();
        bank.repeat_for = Duration::ZERO;
        bank.settles_within = Some(Duration::from_secs(60));
        bank.next = vec![Next::FailBefore];
    }
    talk.say("m1", "5").await;
    let begun = tokio::time::Instant::now();
    talk.say("m2", "1").await;
    assert_eq!(talk.phone.texts()[1..], ["Not paid 5."]);
    assert!(
        begun.elapsed() >= Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(talk.bank.state().performed, 1);
}

#[tokio::test(start_paused = true)]
async fn call_without_an_answer_is_given_up_and_reported() {
    let talk = Talk::with(|bot| bot.give_up_after(Duration::from_secs(200)));
    tokio::spawn(talk.bot.clone().work());
    {
        let mut bank = talk.bank.state();
        bank.repeat_for = Duration::ZERO;
        bank.next = vec![Next::FailBefore];
    }
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    assert!(
        talk.bot
            .until_idle(&talk.user, Duration::from_secs(250))
            .await
            .unwrap()
    );
    assert_eq!(talk.phone.texts()[1..], ["Perhaps paid 5."]);
    assert_eq!(talk.bank.state().performed, 1);
    let reports = talk.reports();
    assert!(
        reports.iter().any(|report| report.contains("given up")),
        "{reports:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn call_that_is_too_slow_is_made_again_under_its_key() {
    let talk = Talk::with(|bot| bot.call_timeout(Duration::from_secs(5)));
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().takes = Duration::from_secs(8);
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    talk.bank.state().takes = Duration::ZERO;
    talk.idle().await;
    assert_eq!(talk.bank.paid(), [5]);
    let performed = talk.bank.state().performed;
    assert!(performed > 1);
    let timeout = "a call failed: no answer in the time for it";
    assert_eq!(talk.reports(), vec![timeout; performed as usize - 1]);
}

#[tokio::test(start_paused = true)]
async fn second_call_waits_for_the_first() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().next = vec![Next::FailBefore; 4];
    talk.say("m1", "5").await;
    let first = talk.phone.yes();
    talk.try_say("m2", &first).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let pending = talk
        .bot
        .manager()
        .load(&talk.user)
        .await
        .unwrap()
        .pending_call();
    assert!(pending.is_some());

    // The conversation goes on, and its replies are sent, while the call waits.
    talk.try_say("m3", "hello").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(talk.phone.texts().last().unwrap(), "You said hello.");
    talk.idle().await;
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn slow_call_keeps_no_reply_waiting() {
    let talk = Talk::new();
    talk.bank.state().takes = Duration::from_secs(10);
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    talk.try_say("m3", "hello").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(talk.phone.texts()[1..], ["You said hello."]);
    talk.idle().await;
    assert_eq!(talk.phone.texts()[2..], ["Paid 5, receipt 1."]);
}

#[tokio::test(start_paused = true)]
async fn look_up_decides_and_aside_leaves_the_session() {
    let talk = Talk::new();
    talk.say("m1", "5").await;
    let before = talk.bot.manager().load(&talk.user).await.unwrap().version();
    talk.say("m2", "2000").await;
    assert_eq!(talk.phone.texts()[1..], ["That is too much."]);
    let after = talk.bot.manager().load(&talk.user).await.unwrap().version();
    assert_eq!(before, after);
    assert_eq!(talk.say("m2", "2000").await, Delivered::Duplicate);
}
