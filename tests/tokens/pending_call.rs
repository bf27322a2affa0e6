//! A call that is pending when another person logs in, or when the user is deleted.

use std::time::Duration;

use harness::desk::{message, user};
use harness::hooked::Call;
use harness::hooks::{At, Midway};
use harness::tokens::expiring;
use tokio::time::sleep;
use vimbiso_state::bot::{Bot, Inbound};
use vimbiso_state::manager::Begin;
use vimbiso_state::store::Outbox;
use vimbiso_state::{Error, MemoryStore, SessionStatus, StateManager, Step, StoreError, Turn};

use crate::paying::{Bank, Pay, Purse, Talk, Where, announce, queue};

#[tokio::test(start_paused = true)]
async fn new_login_keeps_the_pending_call() {
    let talk = Talk::paying().await;
    let pending = talk.outbox().await.call.unwrap();
    talk.log_in().await.unwrap();

    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
    assert_eq!(found.data(), &Purse::default());
    assert_eq!(found.jwt_token(), Some(&expiring(3600, 2)));
    let kept = talk.outbox().await.call.unwrap();
    assert_eq!((kept.key, kept.body), (pending.key, pending.body));

    talk.say("again", "700").await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.paid(), [500]);
    let texts = ["Hello Tariro.", "500 is on its way.", "Paid 500."];
    assert_eq!(talk.texts(), texts);
    assert_eq!(talk.outbox().await, Outbox::default());
    // The outcome moves the session of the one who paid, and no other.
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!((found.pending_call(), found.data().paid), (None, 0));
    assert!(talk.reports.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn new_login_moves_nothing_by_the_old_call() {
    let talk = Talk::paying().await;
    talk.log_in().await.unwrap();
    talk.say("his", "Farai").await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.texts(), ["Hello Tariro.", "Hello Farai.", "Paid 500."]);
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!((found.stage(), found.data().paid), (Where::Start, 0));
}

#[tokio::test(start_paused = true)]
async fn new_login_has_a_lifetime_of_its_own() {
    let store = MemoryStore::new();
    let manager = StateManager::<Pay>::builder(store.clone())
        .max_lifetime(Duration::from_secs(400))
        .build()
        .unwrap();
    announce(&store, b"{\"call\":500}").await;
    sleep(Duration::from_secs(250)).await;
    let token = expiring(3600, 2);
    manager.start_session(&user(1), &token).await.unwrap();
    let name = |turn: &mut Turn<Pay>| {
        turn.data_mut().name = Some("Farai".to_owned());
        Ok(())
    };
    manager.update_state(&user(1), "test", name).await.unwrap();
    sleep(Duration::from_secs(250)).await;
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::Active);
}

#[tokio::test(start_paused = true)]
async fn expired_session_hands_its_call_on_too() {
    let store = MemoryStore::new();
    let talk = Talk::on(store.clone(), store);
    announce(&talk.store, b"{\"call\":500}").await;
    sleep(Duration::from_secs(301)).await;
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(found.status().name(), "expired");
    talk.log_in().await.unwrap();
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
    assert!(talk.outbox().await.call.is_some());
    assert!(found.jwt_token().is_some());
}

#[tokio::test(start_paused = true)]
async fn turn_of_the_old_login_conflicts() {
    let talk = Talk::paying().await;
    let Begin::Turn(mut late) = talk
        .manager
        .begin(&user(1), &message("late"))
        .await
        .unwrap()
    else {
        panic!("the message is new")
    };
    late.data_mut().name = Some("Tariro".to_owned());
    talk.log_in().await.unwrap();
    assert!(matches!(late.commit().await, Err(Error::Conflict)));
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(found.data().name, None);
}

#[tokio::test(start_paused = true)]
async fn new_login_reads_no_reply_of_the_old_one() {
    let talk = Talk::paying().await;
    let hers = |turn: &mut Turn<Pay>| {
        turn.remember_reply("your balance is 7")?;
        Ok(Step::Commit(()))
    };
    let id = message("balance");
    let _ = talk.manager.handle(&user(1), &id, hers).await.unwrap();
    queue(&talk.store, b"\"your balance is 7\"", false).await;
    queue(&talk.store, b"\"Paid 300.\"", true).await;
    talk.log_in().await.unwrap();
    let stored = talk.manager.stored_reply(&user(1), &id).await.unwrap();
    assert!(stored.is_none(), "{stored:?}");
    let outbox = talk.outbox().await;
    let bodies: Vec<_> = outbox.replies.iter().map(|reply| &*reply.body).collect();
    assert_eq!(bodies, [b"\"Paid 300.\""], "an outcome belongs to the user");
    assert!(outbox.call.is_some());
}

#[tokio::test(start_paused = true)]
async fn fetched_reply_of_the_old_login_is_gone() {
    let store = MemoryStore::new();
    let manager = StateManager::<Pay>::new(store.clone());
    let bot = Bot::builder(manager.clone(), Bank::default())
        .build()
        .unwrap();
    announce(&store, b"{\"call\":500}").await;
    let hers = || Inbound::new(user(1), message("hers"), "Tariro".to_owned());
    let answer = bot.answer(hers()).await.unwrap();
    assert_eq!(answer.replies, ["Hello Tariro."]);
    manager
        .start_session(&user(1), &expiring(3600, 2))
        .await
        .unwrap();
    let his = Inbound::new(user(1), message("his"), "Farai".to_owned());
    let answer = bot.answer(his).await.unwrap();
    assert_eq!(answer.replies, ["Hello Farai."]);
    // A second delivery takes effect in the new session, and returns nothing of the old one.
    let again = bot.answer(hers()).await.unwrap();
    assert!(!again.duplicate);
}

#[tokio::test(start_paused = true)]
async fn login_that_fails_midway_loses_no_call() {
    for at in [At::Before(Call::Remove), At::After(Call::Remove)] {
        let store = MemoryStore::new();
        announce(&store, b"{\"call\":500}").await;
        let hooked = Midway::new(store.clone());
        let talk = Talk::on(store, hooked.clone());
        hooked
            .hook
            .once(at, async { Err(StoreError::unavailable("it died")) });
        assert!(talk.log_in().await.is_err(), "{at:?}");
        assert!(talk.outbox().await.call.is_some(), "{at:?}");
        talk.log_in().await.unwrap();
        assert!(talk.outbox().await.call.is_some(), "{at:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn call_announced_during_a_login_is_kept() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store.clone(), hooked.clone());
    talk.say("hers", "Tariro").await;
    hooked.hook.once(At::Before(Call::Remove), async move {
        announce(&store, b"{\"call\":500}").await;
        Ok(())
    });
    talk.log_in().await.unwrap();
    assert!(talk.outbox().await.call.is_some());
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
}

#[tokio::test(start_paused = true)]
async fn failed_login_leaves_no_token_of_the_old_one() {
    let store = MemoryStore::new();
    announce(&store, b"{\"call\":500}").await;
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store, hooked.clone());
    let old = expiring(3600, 1);
    talk.manager.set_jwt_token(&user(1), &old).await.unwrap();
    hooked.hook.once(At::Before(Call::PutToken), async {
        Err(StoreError::unavailable("it died"))
    });
    assert!(talk.log_in().await.is_err());
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!((found.jwt_token(), &found.data().name), (None, &None));
}

#[tokio::test(start_paused = true)]
async fn outcome_during_the_login_is_told() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store, hooked.clone());
    talk.say("yes", "500").await;
    sleep(Duration::from_secs(4)).await;
    hooked.hook.once(At::Before(Call::Remove), async {
        sleep(Duration::from_millis(1500)).await;
        Ok(())
    });
    talk.log_in().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(talk.texts(), ["Paid 500."]);
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(found.data(), &Purse::default(), "of the new login");
}

#[tokio::test(start_paused = true)]
async fn delete_returns_the_call_that_it_removed() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store.clone(), hooked.clone());
    hooked.hook.once(At::Before(Call::Remove), async move {
        announce(&store, b"{\"call\":500}").await;
        Ok(())
    });
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), Some(500));
    assert_eq!(talk.outbox().await, Outbox::default());
}

#[tokio::test(start_paused = true)]
async fn deleted_user_leaves_the_pending_call_to_the_host() {
    let talk = Talk::paying().await;
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), Some(500));
    assert_eq!(talk.outbox().await, Outbox::default());
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), None);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.texts(), ["Hello Tariro."]);
    let reports = talk.reports.lock().unwrap().clone();
    let late = "an outcome came after its call was concluded or deleted";
    assert_eq!(reports, [late]);
    assert_eq!(talk.store.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn call_that_cannot_be_read_is_not_deleted() {
    let store = MemoryStore::new();
    let talk = Talk::on(store.clone(), store);
    announce(&talk.store, b"").await; // as a vault hands it on
    assert!(matches!(
        talk.bot.delete(&user(1)).await,
        Err(Error::Host(_))
    ));
    assert!(talk.outbox().await.call.is_some());
    let reports = talk.reports.lock().unwrap().clone();
    let unreadable = "an entry of the outbox cannot be read by this release";
    assert_eq!(reports, [unreadable]);
    talk.manager.delete(&user(1)).await.unwrap();
    assert_eq!(talk.outbox().await, Outbox::default());
}
