//! With a vault, a reply goes to no other destination than it was sealed for.

use harness::desk::user;
use harness::sessions::soon;
use vimbiso_state::store::{NewCall, OutboxChanges, OutboxStore, Removal};
use vimbiso_state::{CommitId, MemoryStore, StateStore};

use crate::sealed_outbox::{CALL, REPLY, adds, adds_to, applied, key, read, vault};

#[tokio::test(start_paused = true)]
async fn sealed_reply_cannot_be_redirected() {
    for (to, is_outcome) in [(Some("chat 7"), true), (None, false)] {
        let store = MemoryStore::new();
        let vault = vault(&store);
        let id = CommitId::random();
        let sent = adds_to(REPLY, to, is_outcome);
        applied(&vault, &user(1), &id, sent).await;
        let sealed = read(&store, &user(1)).await.replies.remove(0).body;

        // A person with access to the store writes the same bytes with another destination.
        store.delete(&user(1), soon()).await.unwrap();
        let other = adds_to(&sealed, Some("the thief's chat"), !is_outcome);
        applied(&store, &user(1), &id, other).await;
        let reply = read(&vault, &user(1)).await.replies.remove(0);
        assert_eq!((reply.to.as_deref(), reply.is_outcome), (to, is_outcome));
        assert_eq!(*reply.body, *REPLY);
    }
}

#[tokio::test(start_paused = true)]
async fn unsealed_reply_goes_nowhere() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let planted = adds_to(REPLY, Some("the thief's chat"), true);
    applied(&store, &user(1), &CommitId::random(), planted).await;
    let reply = read(&vault, &user(1)).await.replies.remove(0);
    assert_eq!((reply.to, &*reply.body), (None, &b""[..]));
}

#[tokio::test(start_paused = true)]
async fn sealed_call_and_outcome_outlive_a_login() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let both = OutboxChanges {
        call: Some(NewCall {
            key: key(1),
            body: CALL,
        }),
        ..adds(REPLY)
    };
    applied(&vault, &user(1), &CommitId::random(), both).await;
    let other = adds_to(b"\"hers\"", Some("chat 7"), false);
    applied(&vault, &user(1), &CommitId::random(), other).await;
    let login = Removal::Login;
    assert!(vault.remove(&user(1), login, soon()).await.unwrap());
    let kept = read(&vault, &user(1)).await;
    let bodies: Vec<_> = kept.replies.iter().map(|reply| &*reply.body).collect();
    assert_eq!(bodies, [REPLY]);
    assert_eq!(*kept.call.unwrap().body, *CALL);
}
