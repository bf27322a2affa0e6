//! The faults that bots built from the documentation met after the commit, one test each.

use std::time::Duration;

use harness::bank::Next;
use harness::phone::Talk;
use tokio::time::sleep;
use vimbiso_state::bot::{Delivered, Sent};

#[tokio::test(start_paused = true)]
async fn three_taps_on_yes_are_one_payment() {
    let talk = Talk::new();
    talk.say("m1", "5").await;
    let yes = talk.phone.yes();
    let taps = ["t1", "t2", "t3"].map(|id| {
        let bot = talk.bot.clone();
        let inbound = talk.inbound(id, &yes);
        tokio::spawn(async move { bot.handle(inbound).await })
    });
    for tap in taps {
        tap.await.unwrap().unwrap();
    }
    talk.idle().await;
    assert_eq!(talk.bank.paid(), [5]);
    assert_eq!(talk.bank.state().performed, 1);
    let told = |text: &&String| text.starts_with("Paid");
    assert_eq!(talk.phone.texts().iter().filter(told).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn lost_answer_and_another_tap_are_one_payment() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().next = vec![Next::FailAfter];
    talk.say("m1", "5").await;
    let yes = talk.phone.yes();
    talk.try_say("m2", &yes).await.unwrap();
    talk.say("m3", &yes).await;
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn not_found_at_a_slow_bank_frees_no_second_payment() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    {
        let mut bank = talk.bank.state();
        bank.repeat_for = Duration::ZERO;
        bank.next = vec![Next::FailBefore];
    }
    talk.say("m1", "5").await;
    talk.try_say("m2", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(400)).await; // the session expires; the bank finds nothing
    assert!(talk.bank.state().asked > 1);
    talk.try_say("m3", "5").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    talk.try_say("m4", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(talk.phone.texts().last().unwrap(), "5 is on its way.");
    assert_eq!(talk.bank.state().performed, 1);
}

#[tokio::test(start_paused = true)]
async fn redelivery_after_the_expiry_pays_no_second_time() {
    let talk = Talk::new();
    talk.say("m1", "5").await;
    let yes = talk.phone.yes();
    talk.say("m2", &yes).await;
    sleep(Duration::from_secs(400)).await;
    assert_eq!(talk.say("m2", &yes).await, Delivered::Duplicate);
    talk.say("m3", &yes).await;
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn outcome_after_the_expiry_consumes_no_expiry() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    talk.bank.state().next = vec![Next::FailBefore; 16];
    talk.say("m1", "5").await;
    talk.try_say("m2", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(320)).await;
    assert_eq!(
        talk.bot
            .manager()
            .load(&talk.user)
            .await
            .unwrap()
            .status()
            .name(),
        "expired"
    );
    talk.bank.state().next.clear();
    talk.idle().await;
    let texts = talk.phone.texts();
    assert!(
        texts.contains(&"Paid 5, receipt 1.".to_owned()),
        "{texts:?}"
    );
    let user = talk.bot.manager().load(&talk.user).await.unwrap();
    assert_eq!(user.status().name(), "expired");
    assert_eq!(user.pending_call(), None);
    talk.say("m3", "expired?").await;
    assert_eq!(talk.phone.texts().last().unwrap(), "expired");
}

#[tokio::test(start_paused = true)]
async fn key_of_the_session_is_the_key_of_the_bank() {
    let talk = Talk::new();
    talk.bank.state().next = vec![Next::FailAfter];
    talk.say("m1", "5").await;
    talk.try_say("m2", "1").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let pending = talk
        .bot
        .manager()
        .load(&talk.user)
        .await
        .unwrap()
        .pending_call();
    assert_eq!(pending, Some(talk.bank.state().ledger[0].key));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_deliveries_get_one_reply_and_one_call() {
    let talk = Talk::new();
    let other = talk.another_bot();
    talk.say("m1", "5").await;
    let yes = talk.phone.yes();
    let deliveries: Vec<_> = (0..20)
        .map(|n| {
            let bot = if n % 2 == 0 {
                talk.bot.clone()
            } else {
                other.clone()
            };
            let inbound = talk.inbound("m2", &yes);
            tokio::spawn(async move { bot.handle(inbound).await })
        })
        .collect();
    let mut first = 0;
    for delivery in deliveries {
        first += usize::from(delivery.await.unwrap().unwrap() == Delivered::First);
    }
    talk.idle().await;
    assert_eq!(first, 1);
    assert_eq!(talk.bank.state().performed, 1);
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
}

#[tokio::test(start_paused = true)]
async fn replies_do_not_overtake_each_other() {
    let talk = Talk::new();
    let other = talk.another_bot();
    talk.phone.screen().takes = Duration::from_secs(5);
    talk.try_say("m1", "one").await.unwrap();
    talk.phone.screen().takes = Duration::ZERO;
    other.handle(talk.inbound("m2", "two")).await.unwrap();
    talk.idle().await;
    assert_eq!(talk.phone.texts(), ["You said one.", "You said two."]);
}

#[tokio::test(start_paused = true)]
async fn typed_yes_to_a_question_not_shown_is_asked_again() {
    let talk = Talk::new();
    talk.phone.screen().takes = Duration::from_secs(5);
    talk.try_say("m1", "5").await.unwrap();
    talk.try_say("m2", "1").await.unwrap();
    talk.idle().await;
    assert_eq!(talk.phone.texts(), ["Send 5?", "Send 5?"]);
    assert_eq!(talk.bank.paid(), [0; 0]);
    talk.say("m3", &talk.phone.yes()).await;
    assert_eq!(talk.bank.paid(), [5]);
}

#[tokio::test(start_paused = true)]
async fn channel_that_hangs_up_changes_nothing() {
    let talk = Talk::new();
    talk.bank.state().takes = Duration::from_secs(2);
    talk.say("m1", "5").await;
    let handled = talk.try_say("m2", "1");
    assert!(tokio::time::timeout(Duration::ZERO, handled).await.is_err());
    sleep(Duration::from_secs(1)).await;
    talk.idle().await;
    assert_eq!(talk.phone.texts()[1..], ["Paid 5, receipt 1."]);
}

#[test]
fn worker_that_dies_while_it_calls_is_replaced() {
    let lease = Duration::from_secs(5);
    let talk = Talk::with(|bot| bot.lease(lease));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let first = runtime();
    talk.bank.state().takes = Duration::from_secs(60);
    let yes = first.block_on(async {
        talk.say("m1", "5").await;
        let yes = talk.phone.yes();
        talk.try_say("m2", &yes).await.unwrap();
        yes
    });
    drop(first); // the process dies while it calls the bank
    talk.bank.state().takes = Duration::ZERO;
    let second = runtime();
    second.block_on(async {
        let other = talk.another_bot_with(|bot| bot.lease(lease).poll(Duration::from_millis(20)));
        tokio::spawn(other.clone().work());
        let idle = other.until_idle(&talk.user, 8 * lease).await.unwrap();
        assert!(idle, "{:?}", talk.reports());
        assert_eq!(
            other.handle(talk.inbound("m2", &yes)).await.unwrap(),
            Delivered::Duplicate
        );
    });
    assert_eq!(talk.bank.paid(), [5]);
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
}

#[tokio::test(start_paused = true)]
async fn failed_reply_is_sent_again_without_a_message() {
    let talk = Talk::new();
    tokio::spawn(talk.bot.clone().work());
    let failed = Sent::Failed { retry_after: None };
    talk.phone.screen().next = vec![(failed.clone(), false), (failed, false)];
    talk.say("m1", "5").await;
    assert_eq!(talk.phone.texts(), ["Send 5?"]);
    assert_eq!(talk.phone.screen().may_repeat, [false]);
}
