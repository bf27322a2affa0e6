//! A member who is paying, and what lies in an outbox although no worker has seen it.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::user;
use harness::phone::Talk;
use harness::sessions::{Attempt, soon};
use harness::tokens::expiring;
use harness::transfer::Transfer;
use tokio::time::sleep;
use vimbiso_state::id::CallKey;
use vimbiso_state::session::{PendingCall, Record, Version};
use vimbiso_state::store::{
    Delivery, NewCall, NewReply, OutboxChanges, OutboxCommit, OutboxStore, Session,
};
use vimbiso_state::{Error, JwtToken, MemoryStore, StateManager, StateStore, Turn};

/// A payment of 5, as an outbox holds it.
pub const PAY_5: &[u8] = br#"{"call":{"cents":5}}"#;

/// A member with a token who is paying 5: the bank has the call for a second, and needs five.
pub async fn paying() -> Talk {
    let store = MemoryStore::new();
    let talk = talk_on(store.clone(), &store);
    let manager = talk.bot.manager();
    manager
        .set_jwt_token(&user(1), &expiring(3600, 1))
        .await
        .unwrap();
    talk.say("hers", "5").await;
    talk.try_say("yes", "1").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    talk
}

/// A bot on `bots`, which keeps its users in `store`. Its bank needs five seconds.
pub fn talk_on(store: MemoryStore, bots: &(impl StateStore + Clone + 'static)) -> Talk {
    let talk = Talk::on(store, bots, |bot| bot);
    talk.bank.state().takes = Duration::from_secs(5);
    talk
}

/// Another person logs in, with the token that is returned.
pub async fn log_in(talk: &Talk) -> Result<JwtToken, Error> {
    let token = expiring(3600, 2);
    let manager = talk.bot.manager();
    manager.start_session(&user(1), &token).await?;
    Ok(token)
}

/// Puts a call into the slot that no worker has taken, with a session that knows it.
pub async fn announce(store: &MemoryStore, body: &[u8]) {
    let key = "64778c1b58826c048e32c675174c5c3e".parse().unwrap();
    let changes = OutboxChanges {
        call: Some(NewCall { key, body }),
        ..Default::default()
    };
    commit(store, Some(key), changes).await;
}

/// Queues a reply that is to be sent.
pub async fn queue(store: &MemoryStore, body: &[u8], is_outcome: bool) {
    let changes = OutboxChanges {
        reply: Some(NewReply {
            body,
            to: None,
            is_outcome,
            is_replaceable: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    };
    commit(store, None, changes).await;
}

async fn commit(store: &MemoryStore, key: Option<CallKey>, changes: OutboxChanges<'_>) {
    let manager = StateManager::<Transfer>::new(store.clone());
    let asks = |turn: &mut Turn<Transfer>| {
        turn.data_mut().cents = 9;
        Ok(())
    };
    let _ = manager.update_state(&user(1), "test", asks).await.unwrap();
    let loaded = store.load(&user(1), None, soon()).await.unwrap();
    let Session::Live(record) = &loaded.session else {
        panic!("it was committed just now")
    };
    let pending_call = key.map(|key| PendingCall {
        key,
        inherited: false,
    });
    let record = Record {
        version: Version::after(Some(record.version)),
        pending_call,
        ..Record::clone(record)
    };
    let attempt = Attempt {
        record: Arc::new(record),
        ..Attempt::on(&loaded, "{}")
    };
    let request = attempt.request(soon());
    let sent = store.commit_with(&user(1), request, changes).await.unwrap();
    assert!(matches!(sent, OutboxCommit::Answered { .. }), "{sent:?}");
}
