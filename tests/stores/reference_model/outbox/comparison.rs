//! Makes each call on the model and on a store, and compares the answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, advance, sleep};
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, Delivery, Due, EntryId, Lane, LaneState, LeaseHolder, NewCall,
    NewReply, OutboxChanges, OutboxCommit, OutboxRefusal, OutboxStore, Retry, SessionWrite,
    Settled, Settlement, Take, Taken, WakeUp,
};
use vimbiso_state::{CommitId, Direction, StateStore, UserId};

use super::answer::{Answer, Entry};
use super::call::{Call, Changes, Size, Wake};
use super::conversions::{key, lease, of_call, of_work, read, rounded_up, seconds_of};
use super::model;

const SHORT_BODY: &[u8] = b"1";
const LONG_BODY: [u8; 10_000] = [b'1'; 10_000];
/// How long a settlement prolongs a lease.
const LENGTH: u64 = 25;

/// How long a case may take at most on a clock that cannot be moved.
const BRIEF: Duration = Duration::from_millis(900);

/// How much room a long reply takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Long {
    Plain,
    /// In its sealed form: a little less than this.
    #[cfg_attr(not(feature = "vault"), allow(dead_code))]
    Sealed,
}

/// `moves`: whether the store's clock is tokio's, and moves with the test.
pub(super) async fn compare(
    store: &dyn StateStore,
    long: Long,
    moves: bool,
    calls: &[(usize, Call)],
    case: u64,
) {
    let holders = [LeaseHolder::random(), LeaseHolder::random()];
    let mut users = [0, 1].map(|n| User {
        id: UserId::new(format!("{case:016x}-{n}")).unwrap(),
        // Replies of the second user are fetched.
        is_push: n == 0,
        store,
        long,
        holders,
        model: model::User::default(),
        last_wake_up: Version::after(None),
        taken: vec![],
    });
    let mut now = 0;
    let start = Instant::now();
    for (number, (n, call)) in calls.iter().enumerate() {
        match call {
            Call::Wait { seconds } if moves => {
                now += seconds;
                advance(seconds_of(*seconds)).await;
            }
            Call::Wait { .. } => {}
            Call::Due { .. } if !moves && start.elapsed() > BRIEF => break,
            Call::Due { claim } => {
                if !moves {
                    // At once means in the next millisecond.
                    sleep(Duration::from_millis(2)).await;
                }
                due(&mut users, *claim, now, number).await;
            }
            call => {
                let (expected, answer) = users[*n].call(call, now).await;
                // The clock of a server went on: times are compared by the second.
                if !moves && start.elapsed() > BRIEF {
                    break;
                }
                assert_eq!(answer, expected, "call {number}, {call:?}");
            }
        }
    }
    for user in &users {
        store.delete(&user.id, soon()).await.unwrap();
    }
}

async fn due(users: &mut [User<'_>; 2], claim: u64, now: u64, number: usize) {
    let found = users[0].outbox().due(1000, seconds_of(claim), soon()).await;
    let found = found.unwrap();
    for user in users {
        for is_reminder in [false, true] {
            let is_it = |due: &&Due| due.user == user.id && due.is_reminder == is_reminder;
            let times = found.iter().filter(is_it).count();
            let allowed = match user.model.due(is_reminder, now) {
                None => 0..=0,
                Some(false) => 0..=1,
                Some(true) => 1..=1,
            };
            let what = format!("call {number}: due {times} times, reminder: {is_reminder}");
            assert!(allowed.contains(&times), "{what}, {:?}", user.model);
            if times > 0 {
                user.model.claim(is_reminder, now + claim);
            }
        }
    }
}

/// A user in the model and in the store.
struct User<'a> {
    id: UserId,
    is_push: bool,
    store: &'a dyn StateStore,
    long: Long,
    holders: [LeaseHolder; 2],
    model: model::User,
    last_wake_up: Version,
    taken: Vec<EntryId>,
}

impl<'a> User<'a> {
    fn outbox(&self) -> &'a dyn OutboxStore {
        self.store.outbox().expect("the store keeps outboxes")
    }

    /// What the model answers, and what the store answers.
    async fn call(&mut self, call: &Call, now: u64) -> (Answer, Answer) {
        let (expected, answer) = match call {
            Call::Commit(changes) => self.commit(changes, now).await,
            Call::Take {
                lane,
                holder,
                length,
            } => self.take(*lane, self.holders[*holder], *length, now).await,
            Call::Settle {
                lane,
                holder,
                age,
                retry,
            } => {
                self.settle(*lane, self.holders[*holder], *age, *retry, now)
                    .await
            }
            // What a worker sends is not shown besides.
            Call::Show if !self.is_push => {
                let outbox = self.outbox().show(&self.id, soon()).await.unwrap();
                (self.model.show(now), read(outbox))
            }
            Call::Read | Call::Show => {
                let outbox = self.outbox().read(&self.id, soon()).await.unwrap();
                (self.model.read(now), read(outbox))
            }
            Call::Delete => {
                self.store.delete(&self.id, soon()).await.unwrap();
                self.model = model::User::default();
                (Answer::Deleted, Answer::Deleted)
            }
            Call::Due { .. } | Call::Wait { .. } => unreachable!("these are for both users"),
        };
        if let Answer::Work(entry) = &answer {
            self.taken.push(match entry {
                Entry::Reply(id, ..) => EntryId::Reply(*id),
                Entry::Call(key, ..) => EntryId::Call(*key),
            });
        }
        (expected, answer)
    }

    async fn commit(&mut self, changes: &Changes, now: u64) -> (Answer, Answer) {
        let loaded = self.store.load(&self.id, None, soon()).await.unwrap();
        let id = CommitId::random();
        let record = Arc::new(Record {
            version: Version::after(loaded.session.version()),
            flow: "cafe".into(),
            entered_by: id,
            format: 1,
            stage: "menu".into(),
            option: None,
            direction: Direction::Out,
            menu: None,
            pending_call: None,
            data: "{}".into(),
        });
        let request = CommitRequest {
            id: &id,
            precondition: &loaded.precondition,
            record: &record,
            reply: None,
            drop_token: false,
            ttl: seconds_of(10_000),
            max_lifetime: seconds_of(10_000),
            deadline: soon(),
        };
        let wake_up = match changes.wake_up {
            Wake::Drop => (WakeUp::Drop, model::WakeUp::Drop),
            Wake::Keep => (WakeUp::Keep(None), model::WakeUp::Keep),
            Wake::Bind => {
                let last = self.last_wake_up;
                (WakeUp::Keep(Some(last)), model::WakeUp::Bind(last))
            }
            Wake::DropIf => {
                let last = self.last_wake_up;
                (WakeUp::DropIf(last), model::WakeUp::DropIf(last))
            }
            Wake::After(time) => (WakeUp::After(seconds_of(time)), model::WakeUp::After(time)),
        };
        let body = changes.reply.map(|size| match size {
            Size::Short => SHORT_BODY,
            Size::Long => &LONG_BODY,
        });
        let room = changes.reply.map(|size| match (size, self.long) {
            (Size::Short, _) => 1,
            (Size::Long, Long::Plain) => LONG_BODY.len(),
            (Size::Long, Long::Sealed) => 13_500,
        });
        let model = model::Commit {
            id,
            version: record.version,
            is_push: self.is_push,
            reply: room,
            call: changes.call.map(key),
            concludes: changes.concludes.map(key),
            lease: changes.lease.map(|(n, length)| (self.holders[n], length)),
            only_if_sent: changes.only_if_sent,
            drop_shown: changes.drop_shown && !self.is_push,
            wake_up: wake_up.1,
        };
        let changes = OutboxChanges {
            session: SessionWrite::Prolong,
            concludes: model.concludes,
            only_if_sent: model.only_if_sent,
            drop_shown: model.drop_shown,
            reply: body.map(|body| NewReply {
                body,
                to: None,
                is_outcome: false,
                delivery: match self.is_push {
                    true => Delivery::Push,
                    false => Delivery::Pull,
                },
            }),
            call: model.call.map(|key| NewCall { key, body: b"{}" }),
            lease: model.lease.map(|(holder, length)| lease(holder, length)),
            wake_up: wake_up.0,
        };
        let commit = self.outbox().commit_with(&self.id, request, changes);
        let answer = match commit.await.unwrap() {
            OutboxCommit::Answered {
                outcome: CommitOutcome::Applied(Some(_)),
                replies,
                call,
            } => Answer::Applied(replies, call),
            OutboxCommit::Refused(OutboxRefusal::Full) => Answer::Full,
            OutboxCommit::Refused(OutboxRefusal::CallPending(call)) => {
                Answer::CallPending(of_call(&call))
            }
            OutboxCommit::Refused(OutboxRefusal::NoSuchCall) => Answer::NoSuchCall,
            OutboxCommit::Refused(OutboxRefusal::Unsent) => Answer::Unsent,
            other => panic!("{other:?}"),
        };
        let expected = self.model.commit(&model, now);
        if let (Answer::Applied(..), model::WakeUp::After(_) | model::WakeUp::Bind(_)) =
            (&answer, wake_up.1)
        {
            self.last_wake_up = record.version;
        }
        if let Answer::Applied(replies, call) = &answer {
            let reply = (*replies == LaneState::Acquired).then_some(EntryId::Reply(id));
            let call = model.call.filter(|_| *call == LaneState::Acquired);
            self.taken.extend(reply);
            self.taken.extend(call.map(EntryId::Call));
        }
        (expected, answer)
    }

    async fn take(
        &mut self,
        lane: Lane,
        holder: LeaseHolder,
        length: u64,
        now: u64,
    ) -> (Answer, Answer) {
        let take = Take {
            lane,
            lease: lease(holder, length),
            deadline: soon(),
        };
        let answer = match self.outbox().take(&self.id, take).await.unwrap() {
            Taken::Work(work) => Answer::Work(of_work(&work)),
            Taken::Held { remaining } => Answer::Held(rounded_up(remaining)),
            Taken::Idle => Answer::Idle,
        };
        (self.model.take(lane, (holder, length), now), answer)
    }

    async fn settle(
        &mut self,
        lane: Lane,
        holder: LeaseHolder,
        age: usize,
        retry: Option<(u64, bool)>,
        now: u64,
    ) -> (Answer, Answer) {
        let is_call = |entry: &&EntryId| matches!(entry, EntryId::Call(_)) == (lane == Lane::Call);
        let Some(entry) = self.taken.iter().rev().filter(is_call).nth(age).copied() else {
            return (Answer::Idle, Answer::Idle);
        };
        let settlement = Settlement {
            entry,
            holder,
            retry: retry.map(|(after, in_doubt)| Retry {
                after: seconds_of(after),
                in_doubt,
            }),
            length: seconds_of(LENGTH),
            deadline: soon(),
        };
        let answer = match self.outbox().settle(&self.id, settlement).await.unwrap() {
            Settled::Next(work) => Answer::Work(of_work(&work)),
            Settled::Released => Answer::Released,
            Settled::NotHolder => Answer::NotHolder,
        };
        let expected = self.model.settle(entry, holder, retry, LENGTH, now);
        (expected, answer)
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}
