//! Makes each call on the model and on a store, and compares the answers.

mod commit;

use std::time::Duration;

use harness::sessions::soon;
use tokio::time::{Instant, advance, sleep};
use vimbiso_state::session::Version;
use vimbiso_state::store::{
    Due, EntryId, Lane, LeaseHolder, OutboxStore, Removal, Retry, Settled, Settlement, Take, Taken,
};
use vimbiso_state::{CommitId, StateStore, UserId};

use super::answer::{Answer, Entry};
use super::call::{Call, Removed};
use super::conversions::{key, lease, of_work, read, rounded_up, seconds_of};
use super::model;

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
            Call::Show { leave_out } if !self.is_push => {
                let ids = (0..).zip(self.model.ids());
                let left_out = ids.filter(|(at, _)| leave_out >> at & 1 == 1);
                let left_out: Vec<CommitId> = left_out.map(|(_, id)| id).collect();
                let outbox = self.outbox().show(&self.id, &left_out, soon()).await;
                (self.model.show(&left_out, now), read(outbox.unwrap()))
            }
            Call::Read | Call::Show { .. } => {
                let outbox = self.outbox().read(&self.id, soon()).await.unwrap();
                (self.model.read(now), read(outbox))
            }
            Call::Delete => {
                self.store.delete(&self.id, soon()).await.unwrap();
                self.model = model::User::default();
                (Answer::Deleted, Answer::Deleted)
            }
            Call::Remove(removed) => {
                let removal = match removed {
                    Removed::Login => Removal::Login,
                    Removed::User(call) => Removal::User(call.map(key)),
                };
                let removed = self.outbox().remove(&self.id, removal, soon()).await;
                (
                    self.model.remove(removal),
                    Answer::Removed(removed.unwrap()),
                )
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
