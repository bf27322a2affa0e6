//! A call that is pending when another person logs in, or when the user is deleted.

use std::time::Duration;

use harness::bank::Bank;
use harness::desk::{message, user};
use harness::hooked::Call;
use harness::hooks::{At, Midway};
use harness::tokens::expiring;
use harness::transfer::{Amount, At as Stage, Reply, Transfer};
use tokio::time::sleep;
use vimbiso_state::bot::{Bot, Inbound};
use vimbiso_state::manager::Begin;
use vimbiso_state::store::Outbox;
use vimbiso_state::{Error, MemoryStore, SessionStatus, StateManager, Step, StoreError, Turn};

use crate::paying::{PAY_5, announce, log_in, paying, queue, talk_on};

#[tokio::test(start_paused = true)]
async fn new_login_keeps_the_pending_call() {
    let talk = paying().await;
    let pending = talk.outbox().await.call.unwrap();
    let token = log_in(&talk).await.unwrap();

    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
    assert_eq!(found.data(), &Amount::default());
    assert_eq!(found.jwt_token(), Some(&token));
    let kept = talk.outbox().await.call.unwrap();
    assert_eq!((kept.key, kept.body), (pending.key, pending.body));

    talk.try_say("again", r#"call {"cents":6}"#).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.bank.paid(), [5]);
    let texts = ["Send 5?", "5 is on its way.", "Paid 5, receipt 1."];
    assert_eq!(talk.phone.texts(), texts);
    assert_eq!(talk.outbox().await, Outbox::default());
    // The outcome moves the session of the one who paid, and no other.
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!((found.pending_call(), found.data().paid), (None, 0));
    assert!(talk.reports().is_empty());
}

#[tokio::test(start_paused = true)]
async fn new_login_moves_nothing_by_the_old_call() {
    let talk = paying().await;
    log_in(&talk).await.unwrap();
    // From this stage an outcome leads to the start.
    talk.try_say("his", "7").await.unwrap();
    sleep(Duration::from_secs(10)).await;
    let texts = ["Send 5?", "Send 7?", "Paid 5, receipt 1."];
    assert_eq!(talk.phone.texts(), texts);
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!((found.stage(), found.data().paid), (Stage::Confirm, 0));
    assert_eq!(talk.reports(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn new_login_has_a_lifetime_of_its_own() {
    let store = MemoryStore::new();
    let manager = StateManager::<Transfer>::builder(store.clone())
        .max_lifetime(Duration::from_secs(400))
        .build()
        .unwrap();
    announce(&store, PAY_5).await;
    sleep(Duration::from_secs(250)).await;
    let token = expiring(3600, 2);
    manager.start_session(&user(1), &token).await.unwrap();
    let change = |turn: &mut Turn<Transfer>| {
        turn.data_mut().cents = 1;
        Ok(())
    };
    manager
        .update_state(&user(1), "test", change)
        .await
        .unwrap();
    sleep(Duration::from_secs(250)).await;
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::Active);
}

#[tokio::test(start_paused = true)]
async fn expired_session_hands_its_call_on_too() {
    let store = MemoryStore::new();
    let talk = talk_on(store.clone(), &store);
    announce(&talk.store, PAY_5).await;
    sleep(Duration::from_secs(301)).await;
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!(found.status().name(), "expired");
    log_in(&talk).await.unwrap();
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
    assert!(talk.outbox().await.call.is_some());
    assert!(found.jwt_token().is_some());
}

#[tokio::test(start_paused = true)]
async fn turn_of_the_old_login_conflicts() {
    let talk = paying().await;
    let manager = talk.bot.manager();
    let Begin::Turn(mut late) = manager.begin(&user(1), &message("late")).await.unwrap() else {
        panic!("the message is new")
    };
    late.data_mut().cents = 1;
    log_in(&talk).await.unwrap();
    assert!(matches!(late.commit().await, Err(Error::Conflict)));
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!(found.data(), &Amount::default());
}

#[tokio::test(start_paused = true)]
async fn new_login_reads_no_reply_of_the_old_one() {
    let talk = paying().await;
    let hers = |turn: &mut Turn<Transfer>| {
        turn.remember_reply("your balance is 7")?;
        Ok(Step::Commit(()))
    };
    let id = message("balance");
    let manager = talk.bot.manager();
    let _ = manager.handle(&user(1), &id, hers).await.unwrap();
    queue(&talk.store, b"\"your balance is 7\"", false).await;
    queue(&talk.store, b"\"Paid 300.\"", true).await;
    log_in(&talk).await.unwrap();
    let stored = manager.stored_reply(&user(1), &id).await.unwrap();
    assert!(stored.is_none(), "{stored:?}");
    let outbox = talk.outbox().await;
    let bodies: Vec<_> = outbox.replies.iter().map(|reply| &*reply.body).collect();
    assert_eq!(bodies, [b"\"Paid 300.\""], "an outcome belongs to the user");
    assert!(outbox.call.is_some());
}

#[tokio::test(start_paused = true)]
async fn fetched_reply_of_the_old_login_is_gone() {
    let store = MemoryStore::new();
    let manager = StateManager::<Transfer>::new(store.clone());
    let bank = Bank::default();
    bank.state().takes = Duration::from_secs(5);
    let bot = Bot::builder(manager.clone(), bank).build().unwrap();
    announce(&store, PAY_5).await;
    let hers = || Inbound::new(user(1), message("hers"), "hello".to_owned());
    let answer = bot.answer(hers()).await.unwrap();
    assert_eq!(answer.replies, [Reply::from("You said hello.")]);
    manager
        .start_session(&user(1), &expiring(3600, 2))
        .await
        .unwrap();
    let his = Inbound::new(user(1), message("his"), "hi".to_owned());
    let answer = bot.answer(his).await.unwrap();
    assert_eq!(answer.replies, [Reply::from("You said hi.")]);
    // A second delivery takes effect in the new session, and returns nothing of the old one.
    let again = bot.answer(hers()).await.unwrap();
    assert!(!again.duplicate);
}

#[tokio::test(start_paused = true)]
async fn login_that_fails_midway_loses_no_call() {
    for at in [At::Before(Call::Remove), At::After(Call::Remove)] {
        let store = MemoryStore::new();
        announce(&store, PAY_5).await;
        let hooked = Midway::new(store.clone());
        let talk = talk_on(store, &hooked);
        hooked
            .hook
            .once(at, async { Err(StoreError::unavailable("it died")) });
        assert!(log_in(&talk).await.is_err(), "{at:?}");
        assert!(talk.outbox().await.call.is_some(), "{at:?}");
        log_in(&talk).await.unwrap();
        assert!(talk.outbox().await.call.is_some(), "{at:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn call_announced_during_a_login_is_kept() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = talk_on(store.clone(), &hooked);
    talk.say("hers", "hello").await;
    hooked.hook.once(At::Before(Call::Remove), async move {
        announce(&store, PAY_5).await;
        Ok(())
    });
    log_in(&talk).await.unwrap();
    assert!(talk.outbox().await.call.is_some());
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
}

#[tokio::test(start_paused = true)]
async fn failed_login_leaves_no_token_of_the_old_one() {
    let store = MemoryStore::new();
    announce(&store, PAY_5).await;
    let hooked = Midway::new(store.clone());
    let talk = talk_on(store, &hooked);
    let old = expiring(3600, 1);
    let manager = talk.bot.manager();
    manager.set_jwt_token(&user(1), &old).await.unwrap();
    hooked.hook.once(At::Before(Call::PutToken), async {
        Err(StoreError::unavailable("it died"))
    });
    assert!(log_in(&talk).await.is_err());
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), None);
    assert_eq!(found.data(), &Amount::default());
}

#[tokio::test(start_paused = true)]
async fn outcome_during_the_login_is_told() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = talk_on(store, &hooked);
    talk.try_say("yes", r#"call {"cents":5}"#).await.unwrap();
    sleep(Duration::from_secs(4)).await;
    hooked.hook.once(At::Before(Call::Remove), async {
        sleep(Duration::from_millis(1500)).await;
        Ok(())
    });
    log_in(&talk).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(talk.phone.texts(), ["Paid 5, receipt 1."]);
    let found = talk.bot.manager().load(&user(1)).await.unwrap();
    assert_eq!(found.data(), &Amount::default(), "of the new login");
}

#[tokio::test(start_paused = true)]
async fn delete_returns_the_call_that_it_removed() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = talk_on(store.clone(), &hooked);
    hooked.hook.once(At::Before(Call::Remove), async move {
        announce(&store, PAY_5).await;
        Ok(())
    });
    let removed = talk.bot.delete(&user(1)).await.unwrap().unwrap();
    assert_eq!(removed.cents, 5);
    assert_eq!(talk.outbox().await, Outbox::default());
}

#[tokio::test(start_paused = true)]
async fn deleted_user_leaves_the_pending_call_to_the_host() {
    let talk = paying().await;
    let removed = talk.bot.delete(&user(1)).await.unwrap().unwrap();
    assert_eq!(removed.cents, 5);
    assert_eq!(talk.outbox().await, Outbox::default());
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), None);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.phone.texts(), ["Send 5?"]);
    let late = "an outcome came after its call was concluded or deleted";
    assert_eq!(talk.reports(), [late]);
    assert_eq!(talk.store.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn call_that_cannot_be_read_is_not_deleted() {
    let store = MemoryStore::new();
    let talk = talk_on(store.clone(), &store);
    announce(&talk.store, b"").await; // as a vault hands it on
    assert!(matches!(
        talk.bot.delete(&user(1)).await,
        Err(Error::Host(_))
    ));
    assert!(talk.outbox().await.call.is_some());
    let unreadable = "an entry of the outbox cannot be read by this release";
    assert_eq!(talk.reports(), [unreadable]);
    talk.bot.manager().delete(&user(1)).await.unwrap();
    assert_eq!(talk.outbox().await, Outbox::default());
}
