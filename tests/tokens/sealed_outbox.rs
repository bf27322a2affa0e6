//! With a vault, no reply and no call in an outbox can be read or moved.

use std::time::Duration;

use harness::desk::user;
use harness::sessions::{Attempt, soon};
use vimbiso_state::id::CallKey;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Delivery, EntryId, Lane, LeaseHolder, LeaseRequest,
    NewCall, NewReply, Outbox, OutboxChanges, OutboxCommit, OutboxRefusal, OutboxStore, Settled,
    Settlement, Take, Taken, Work,
};
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::{CommitId, MemoryStore, StateStore, UserId};

pub const REPLY: &[u8] = br#""You paid 5 dollars.""#;
pub const CALL: &[u8] = br#"{"pay":5,"to":"bob"}"#;
/// The longest of a sealed body.
const MAX_SEALED: usize = 24 * 1024;

pub fn vault(store: &MemoryStore) -> Vault<MemoryStore> {
    let keys = KeyRing::new(VaultKey::new("k".repeat(32), &[7; 32]).unwrap());
    Vault::new(store.clone(), keys)
}

pub fn key(n: u8) -> CallKey {
    format!("{n:032x}").parse().unwrap()
}

pub fn adds(body: &[u8]) -> OutboxChanges<'_> {
    adds_to(body, Some("chat 7"), true)
}

pub fn adds_to<'a>(body: &'a [u8], to: Option<&'a str>, is_outcome: bool) -> OutboxChanges<'a> {
    OutboxChanges {
        reply: Some(NewReply {
            body,
            to,
            is_outcome,
            is_replaceable: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    }
}

fn announces(key: CallKey, body: &[u8]) -> OutboxChanges<'_> {
    OutboxChanges {
        call: Some(NewCall { key, body }),
        ..Default::default()
    }
}

/// Commits under this id, with this stored reply.
async fn send(
    store: &dyn StateStore,
    user: &UserId,
    id: &CommitId,
    stored: Option<&[u8]>,
    changes: OutboxChanges<'_>,
) -> OutboxCommit {
    let loaded = store.load(user, None, soon()).await.unwrap();
    let attempt = Attempt {
        id: *id,
        ..Attempt::on(&loaded, "{}")
    };
    let request = CommitRequest {
        reply: stored,
        ..attempt.request(soon())
    };
    let outbox = store.outbox().unwrap();
    outbox.commit_with(user, request, changes).await.unwrap()
}

pub async fn applied(
    store: &dyn StateStore,
    user: &UserId,
    id: &CommitId,
    changes: OutboxChanges<'_>,
) {
    let sent = send(store, user, id, None, changes).await;
    let OutboxCommit::Answered { outcome, .. } = sent else {
        panic!("{sent:?}")
    };
    assert!(matches!(outcome, CommitOutcome::Applied(_)), "{outcome:?}");
}

pub async fn read(store: &dyn StateStore, user: &UserId) -> Outbox {
    let outbox = store.outbox().unwrap();
    outbox.read(user, soon()).await.unwrap()
}

async fn take(store: &dyn StateStore, lane: Lane, holder: LeaseHolder) -> Taken {
    let lease = LeaseRequest {
        holder,
        length: Duration::from_secs(30),
    };
    let take = Take {
        lane,
        lease,
        deadline: soon(),
    };
    let outbox = store.outbox().unwrap();
    outbox.take(&user(1), take).await.unwrap()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[tokio::test(start_paused = true)]
async fn store_holds_no_reply_and_no_call_in_plain_text() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let id = CommitId::random();
    let both = OutboxChanges {
        call: Some(NewCall {
            key: key(1),
            body: CALL,
        }),
        ..adds(REPLY)
    };
    let sent = send(&vault, &user(1), &id, Some(REPLY), both).await;
    assert!(matches!(sent, OutboxCommit::Answered { .. }), "{sent:?}");

    let raw = read(&store, &user(1)).await;
    let loaded = store.load(&user(1), Some(&id), soon()).await.unwrap();
    let Some(CommitStatus::Applied {
        reply: Some(stored),
        ..
    }) = loaded.commit_status
    else {
        panic!("{loaded:?}")
    };
    let call = raw.call.unwrap();
    for sealed in [&raw.replies[0].body, &call.body, &stored] {
        assert!(sealed.starts_with(b"vault1 "), "it is not sealed");
        for plain in [&b"paid"[..], b"dollars", b"bob", b"chat 7"] {
            assert!(!contains(sealed, plain));
        }
    }
    // What a store needs in order to work stays as it is.
    assert_eq!((raw.replies[0].id, call.key), (id, key(1)));
    assert_eq!(raw.replies[0].to, None, "where it goes is sealed");
    assert!(raw.replies[0].is_outcome);
    let opened = read(&vault, &user(1)).await;
    assert_eq!(opened.replies[0].to.as_deref(), Some("chat 7"));
}

#[tokio::test(start_paused = true)]
async fn every_answer_of_a_vault_is_opened() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let first = CommitId::random();
    let both = OutboxChanges {
        call: Some(NewCall {
            key: key(1),
            body: CALL,
        }),
        ..adds(REPLY)
    };
    let sent = send(&vault, &user(1), &first, Some(REPLY), both).await;
    assert!(matches!(sent, OutboxCommit::Answered { .. }), "{sent:?}");
    applied(&vault, &user(1), &CommitId::random(), adds(b"2")).await;

    for outbox in [
        read(&vault, &user(1)).await,
        vault.show(&user(1), &[], soon()).await.unwrap(),
    ] {
        let bodies: Vec<_> = outbox.replies.iter().map(|reply| &*reply.body).collect();
        assert_eq!(bodies, [REPLY, b"2"]);
        assert_eq!(*outbox.call.unwrap().body, *CALL);
    }
    let again = send(&vault, &user(1), &first, None, OutboxChanges::default()).await;
    let OutboxCommit::Answered {
        outcome: CommitOutcome::Duplicate { reply, .. },
        ..
    } = again
    else {
        panic!("{again:?}")
    };
    assert_eq!(reply.as_deref(), Some(REPLY), "the stored reply");

    let second = announces(key(2), CALL);
    let refused = send(&vault, &user(1), &CommitId::random(), None, second).await;
    let OutboxCommit::Refused(OutboxRefusal::CallPending(pending)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((pending.key, &*pending.body), (key(1), CALL));

    let holder = LeaseHolder::random();
    let taken = take(&vault, Lane::Call, holder).await;
    assert!(
        matches!(&taken, Taken::Work(Work::Call(call)) if *call.body == *CALL),
        "{taken:?}"
    );
    let taken = take(&vault, Lane::Replies, holder).await;
    assert!(
        matches!(&taken, Taken::Work(Work::Reply(reply)) if *reply.body == *REPLY),
        "{taken:?}"
    );
    let settlement = Settlement {
        entry: EntryId::Reply(first),
        holder,
        retry: None,
        length: Duration::from_secs(30),
        deadline: soon(),
    };
    let settled = vault.settle(&user(1), settlement).await.unwrap();
    assert!(
        matches!(&settled, Settled::Next(Work::Reply(reply)) if *reply.body == *b"2"),
        "{settled:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn moved_reply_does_not_open() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let id = CommitId::random();
    applied(&vault, &user(1), &id, adds(REPLY)).await;
    let sealed = read(&store, &user(1)).await.replies.remove(0).body;

    // The same bytes under the same id open again, so it is the place that counts.
    store.delete(&user(1), soon()).await.unwrap();
    applied(&store, &user(1), &id, adds(&sealed)).await;
    applied(&store, &user(1), &CommitId::random(), adds(&sealed)).await;
    let outbox = read(&vault, &user(1)).await;
    assert_eq!(*outbox.replies[0].body, *REPLY);
    assert_eq!(*outbox.replies[1].body, *b"", "another entry");

    applied(&store, &user(2), &id, adds(&sealed)).await;
    let outbox = read(&vault, &user(2)).await;
    assert_eq!(*outbox.replies[0].body, *b"", "another user");

    // As the call of that user, and as the stored reply of that commit.
    let call = announces(key(1), &sealed);
    let sent = send(&store, &user(3), &id, Some(&sealed), call).await;
    assert!(matches!(sent, OutboxCommit::Answered { .. }), "{sent:?}");
    let call = read(&vault, &user(3)).await.call.unwrap();
    assert_eq!(*call.body, *b"", "another field");
    store.delete(&user(1), soon()).await.unwrap();
    let sent = send(&store, &user(1), &id, Some(&sealed), adds(&sealed)).await;
    assert!(matches!(sent, OutboxCommit::Answered { .. }), "{sent:?}");
    let loaded = vault.load(&user(1), Some(&id), soon()).await.unwrap();
    assert!(
        matches!(
            loaded.commit_status,
            Some(CommitStatus::Applied { reply: None, .. })
        ),
        "a queued reply opens as a stored one: {loaded:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn old_call_under_a_new_key_does_not_open() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    applied(
        &vault,
        &user(1),
        &CommitId::random(),
        announces(key(1), CALL),
    )
    .await;
    let sealed = read(&store, &user(1)).await.call.unwrap().body;

    for (n, who, opens) in [(1, user(1), CALL), (2, user(1), b""), (1, user(2), b"")] {
        store.delete(&who, soon()).await.unwrap();
        let id = CommitId::random();
        applied(&store, &who, &id, announces(key(n), &sealed)).await;
        let call = read(&vault, &who).await.call.unwrap();
        assert_eq!(*call.body, *opens, "key {n} of {who:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn entry_that_does_not_open_stays_in_place() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let id = CommitId::random();
    applied(&store, &user(1), &id, adds(REPLY)).await; // in plain text
    applied(&vault, &user(1), &CommitId::random(), adds(b"2")).await;
    let taken = take(&vault, Lane::Replies, LeaseHolder::random()).await;
    let Taken::Work(Work::Reply(first)) = taken else {
        panic!("{taken:?}")
    };
    assert_eq!((first.id, &*first.body, first.attempt), (id, &b""[..], 1));
    assert_eq!(*read(&store, &user(1)).await.replies[0].body, *REPLY);
    assert_eq!(*read(&vault, &user(1)).await.replies[1].body, *b"2");
}

#[tokio::test(start_paused = true)]
async fn longest_reply_and_call_fit_when_sealed() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let longest = vec![b'1'; Record::MAX_REPLY];
    let both = OutboxChanges {
        call: Some(NewCall {
            key: key(1),
            body: &longest,
        }),
        ..adds(&longest)
    };
    applied(&vault, &user(1), &CommitId::random(), both).await;
    let raw = read(&store, &user(1)).await;
    assert!(raw.replies[0].body.len() <= MAX_SEALED);
    assert!(raw.call.unwrap().body.len() <= MAX_SEALED);
    let opened = read(&vault, &user(1)).await;
    assert_eq!(*opened.replies[0].body, *longest);
    assert_eq!(*opened.call.unwrap().body, *longest);
}
