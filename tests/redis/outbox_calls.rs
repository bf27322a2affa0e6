//! Each call that writes an outbox, after what it needs to write as much as it ever does.

use std::time::Duration;

use harness::assert_matches;
use harness::command::run;
use harness::sessions::{Attempt, TTL, assert_applied, prepare, put, soon, tokens, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::id::CallKey;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, Delivery, EntryId, Lane, LeaseHolder, LeaseRequest, NewCall,
    NewReply, OutboxChanges, OutboxCommit, OutboxStore, Removal, Retry, SessionWrite, Settled,
    Settlement, StoredToken, Take, WakeUp,
};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError};

use crate::half_writes::ID;

const LEASE: Duration = Duration::from_secs(30);

/// A call, with what there is before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Call {
    /// Adds the first reply and a wake-up, and takes the lease.
    First,
    /// Concludes a call and announces another one, behind a reply, and removes option and token.
    Exchange,
    /// Concludes the call, and nothing is left.
    Conclude,
    /// Removes the replies that were shown, and adds one.
    DropShown,
    /// Two replies are replaced, and another one moves up.
    Replace,
    KeepExpiry,
    Tombstone,
    Nothing,
    TakeReply,
    TakeSlot,
    /// The reply is sent, and it is the only one.
    SettleLast,
    /// The reply is sent, and the next one is taken.
    SettleNext,
    Postpone,
    Show,
    /// A reply is left out, and moves behind the other.
    ShowLast,
    /// The call and an outcome stay.
    EndLogin,
    /// All is removed, because the slot holds this call.
    Remove,
    Due,
    /// A user who is in the index, and has no outbox.
    DueWithout,
    Delete,
}

pub const CALLS: [Call; 20] = [
    Call::First,
    Call::Exchange,
    Call::Conclude,
    Call::DropShown,
    Call::Replace,
    Call::KeepExpiry,
    Call::Tombstone,
    Call::Nothing,
    Call::TakeReply,
    Call::TakeSlot,
    Call::SettleLast,
    Call::SettleNext,
    Call::Postpone,
    Call::Show,
    Call::ShowLast,
    Call::EndLogin,
    Call::Remove,
    Call::Due,
    Call::DueWithout,
    Call::Delete,
];

/// What a call needs of what was done before it.
pub struct Prepared {
    next: Attempt,
    holder: LeaseHolder,
    first: CommitId,
}

pub fn key(n: u8) -> CallKey {
    format!("{n:032x}").parse().unwrap()
}

pub fn reply(body: &[u8], delivery: Delivery) -> Option<NewReply<'_>> {
    Some(NewReply {
        body,
        to: Some("chat 7"),
        is_outcome: false,
        is_replaceable: false,
        delivery,
    })
}

/// The same changes, with a reply that a newer one replaces.
pub fn menu(mut changes: OutboxChanges<'_>) -> OutboxChanges<'_> {
    changes.reply.as_mut().unwrap().is_replaceable = true;
    changes
}

fn settlement(reply: CommitId, holder: LeaseHolder, retry: Option<Retry>) -> Settlement {
    Settlement {
        entry: EntryId::Reply(reply),
        holder,
        retry,
        length: LEASE,
        deadline: soon(),
    }
}

fn announced<'a>(n: u8) -> Option<NewCall<'a>> {
    Some(NewCall {
        key: key(n),
        body: b"{}",
    })
}

pub fn outboxes(store: &RedisStore) -> &dyn OutboxStore {
    store.outbox().expect("the store keeps outboxes")
}

/// Commits on the session as it is.
pub async fn commit_with(
    store: &RedisStore,
    attempt: &Attempt,
    changes: OutboxChanges<'_>,
) -> Result<OutboxCommit, StoreError> {
    let request = attempt.request(soon());
    outboxes(store).commit_with(&user(), request, changes).await
}

async fn applied(store: &RedisStore, changes: OutboxChanges<'_>) -> CommitId {
    let attempt = prepare(store, "{}").await;
    let answer = commit_with(store, &attempt, changes).await;
    assert_matches!(
        answer,
        Ok(OutboxCommit::Answered {
            outcome: CommitOutcome::Applied(_),
            ..
        })
    );
    attempt.id
}

impl Call {
    /// Empties the server, and does what comes before this call.
    pub async fn prepare(self, redis: &mut MultiplexedConnection, store: &RedisStore) -> Prepared {
        let () = run(redis, "FLUSHALL").await;
        write(store, "{}").await;
        let token = StoredToken::new("eyJ.e30.b2xk");
        let stored = tokens(store).put_token(&user(), put(Some(&token))).await;
        assert!(stored.is_ok());
        let holder = LeaseHolder::random();
        let lease = Some(LeaseRequest {
            holder,
            length: LEASE,
        });
        let nothing = OutboxChanges::default();
        let push = OutboxChanges {
            reply: reply(b"\"1\"", Delivery::Push),
            ..nothing
        };
        let held = OutboxChanges { lease, ..push };
        let pull = OutboxChanges {
            reply: reply(b"\"1\"", Delivery::Pull),
            ..nothing
        };
        let mut first = CommitId::random();
        match self {
            Self::First | Self::KeepExpiry | Self::Nothing => {}
            Self::Tombstone => expire(redis, store).await,
            Self::Exchange => {
                let call = announced(1);
                first = applied(store, OutboxChanges { call, ..held }).await;
            }
            Self::EndLogin => {
                let outcome = push.reply.map(|reply| NewReply {
                    is_outcome: true,
                    ..reply
                });
                applied(store, push).await;
                let changes = OutboxChanges {
                    reply: outcome,
                    call: announced(1),
                    wake_up: WakeUp::After(TTL),
                    ..Default::default()
                };
                applied(store, changes).await;
            }
            Self::ShowLast => {
                first = applied(store, pull).await;
                applied(store, pull).await;
            }
            Self::Conclude | Self::TakeSlot | Self::Remove => {
                let call = announced(1);
                first = applied(store, OutboxChanges { call, ..nothing }).await;
            }
            Self::DropShown => {
                applied(store, pull).await;
                let shown = outboxes(store).show(&user(), &[], soon()).await;
                assert_eq!(shown.unwrap().replies.len(), 1);
            }
            Self::Replace => {
                first = applied(store, menu(held)).await;
                applied(store, menu(push)).await;
                applied(store, push).await;
                let not_sent = Retry {
                    after: Duration::ZERO,
                    in_doubt: false,
                };
                let not_sent = settlement(first, holder, Some(not_sent));
                let settled = outboxes(store).settle(&user(), not_sent).await;
                assert_eq!(settled.unwrap(), Settled::Released);
            }
            Self::SettleLast | Self::Postpone => first = applied(store, held).await,
            Self::SettleNext => {
                first = applied(store, held).await;
                applied(store, push).await;
            }
            Self::TakeReply | Self::Show | Self::Due => first = applied(store, push).await,
            Self::DueWithout => {
                applied(store, push).await;
                let () = redis.del(format!("{ID}_outbox")).await.unwrap();
            }
            Self::Delete => {
                let wake_up = WakeUp::After(Duration::ZERO);
                applied(store, OutboxChanges { wake_up, ..push }).await;
            }
        }
        let next = prepare(store, r#"{"next":1}"#).await;
        Prepared {
            next,
            holder,
            first,
        }
    }

    /// Makes the call. If nothing stops it, it writes.
    pub async fn make(self, store: &RedisStore, on: &Prepared) -> Result<(), StoreError> {
        let outboxes = outboxes(store);
        let user = user();
        let lease = LeaseRequest {
            holder: on.holder,
            length: LEASE,
        };
        let take = |lane| Take {
            lane,
            lease,
            deadline: soon(),
        };
        match self {
            Self::TakeReply => outboxes.take(&user, take(Lane::Replies)).await.map(drop),
            Self::TakeSlot => outboxes.take(&user, take(Lane::Call)).await.map(drop),
            Self::SettleLast | Self::SettleNext | Self::Postpone => {
                let retry = Retry {
                    after: LEASE,
                    in_doubt: true,
                };
                let retry = (self == Self::Postpone).then_some(retry);
                let settlement = settlement(on.first, on.holder, retry);
                outboxes.settle(&user, settlement).await.map(drop)
            }
            Self::Show => outboxes.show(&user, &[], soon()).await.map(drop),
            Self::ShowLast => outboxes.show(&user, &[on.first], soon()).await.map(drop),
            Self::EndLogin | Self::Remove => {
                let removal = match self {
                    Self::EndLogin => Removal::Login,
                    _ => Removal::User(Some(key(1))),
                };
                outboxes.remove(&user, removal, soon()).await.map(drop)
            }
            Self::Due | Self::DueWithout => outboxes.due(10, LEASE, soon()).await.map(drop),
            Self::Delete => store.delete(&user, soon()).await,
            _ => {
                let record = Record {
                    option: None,
                    ..Record::clone(&on.next.record)
                };
                let attempt = Attempt {
                    record: record.into(),
                    ..on.next.clone()
                };
                let request = CommitRequest {
                    drop_token: self == Self::Exchange,
                    ..attempt.request(soon())
                };
                let changes = self.changes(lease);
                let answer = outboxes.commit_with(&user, request, changes).await;
                answer.map(drop)
            }
        }
    }

    fn changes(self, lease: LeaseRequest) -> OutboxChanges<'static> {
        let adds = OutboxChanges {
            reply: reply(b"\"2\"", Delivery::Push),
            lease: Some(lease),
            wake_up: WakeUp::After(TTL),
            ..Default::default()
        };
        let own = |session| OutboxChanges { session, ..adds };
        let concludes = Some(key(1));
        match self {
            Self::Exchange => OutboxChanges {
                concludes,
                call: announced(2),
                ..adds
            },
            Self::Conclude => OutboxChanges {
                concludes,
                ..Default::default()
            },
            Self::DropShown => OutboxChanges {
                drop_shown: true,
                reply: reply(b"\"2\"", Delivery::Pull),
                ..adds
            },
            Self::Replace => menu(adds),
            Self::KeepExpiry => own(SessionWrite::KeepExpiry),
            Self::Tombstone => own(SessionWrite::Tombstone),
            // It makes no version that a wake-up can be bound to.
            Self::Nothing => OutboxChanges {
                wake_up: WakeUp::Keep(None),
                ..own(SessionWrite::Nothing)
            },
            _ => adds,
        }
    }
}

/// Ends the session as its time does.
async fn expire(redis: &mut MultiplexedConnection, store: &RedisStore) {
    let attempt = prepare(store, "{}").await;
    let request = CommitRequest {
        ttl: Duration::from_millis(1),
        ..attempt.request(soon())
    };
    assert_applied(&store.commit(&user(), request).await);
    while redis.exists(ID).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
