//! Many callers of a few users at once, who leave at random.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::desk::{Manager, applied, apply, message, user};
use harness::tokens::Api;
use tokio::time::timeout;
use vimbiso_state::manager::Begin;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, MemoryStore, StateStore, UserId};

use crate::{Leaves, STUCK, assert_queues_become_empty, dropped_after, manager};

const USERS: usize = 40;
const MESSAGES: usize = 150;
const CALLERS: usize = 16;

/// What the callers who stayed were told of one user's messages.
#[derive(Default)]
struct Told {
    acknowledged: HashSet<String>,
    given_up: HashSet<String>,
}

struct Crowd {
    manager: Manager,
    api: Arc<Api>,
    told: Vec<Mutex<Told>>,
    left: AtomicUsize,
    stayed: AtomicUsize,
}

impl Crowd {
    async fn call_once(&self) {
        let number = rand::random_range(0..USERS);
        let id = rand::random_range(0..MESSAGES).to_string();
        let call = self.call(number, &id);
        // By the number of polls, or by the clock.
        let polls = rand::random_range(0..12);
        let done = match rand::random_range(0..3) {
            0 => dropped_after(polls, Leaves::Waiting, call).await,
            1 => dropped_after(polls, Leaves::Woken, call).await,
            _ => timeout(Duration::from_micros(rand::random_range(0..1500)), call)
                .await
                .ok(),
        };
        let count = if done.is_some() {
            &self.stayed
        } else {
            &self.left
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    async fn call(&self, number: usize, id: &str) {
        let manager = &self.manager;
        let user = user(number);
        let called = match rand::random_range(0..20) {
            0..12 => manager
                .handle(&user, &message(id), apply(id))
                .await
                .map(drop),
            12..16 => self.open_turn(&user, id).await,
            16 | 17 => {
                let _ = manager
                    .with_token(&user, &self.api, |token| self.api.ask(token))
                    .await
                    .unwrap();
                return;
            }
            18 => {
                let _ = manager.clear_jwt_token(&user).await;
                return;
            }
            _ => self.resolve(&user, id).await,
        };
        let mut told = self.told[number].lock().unwrap();
        match called {
            Ok(()) => drop(told.acknowledged.insert(id.to_owned())),
            Err(Error::Fenced { .. }) => drop(told.given_up.insert(id.to_owned())),
            Err(Error::Conflict | Error::Contended { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Resolves a message: a fence is given back as the error that a turn would get.
    async fn resolve(&self, user: &UserId, id: &str) -> Result<(), Error> {
        let commit_id = CommitId::of(user, &message(id));
        match self.manager.resolve(user, &commit_id).await? {
            CommitStatus::Applied { .. } => Ok(()),
            CommitStatus::Fenced => Err(Error::Fenced { commit_id }),
        }
    }

    async fn open_turn(&self, user: &UserId, id: &str) -> Result<(), Error> {
        match self.manager.begin(user, &message(id)).await? {
            Begin::Duplicate { .. } => Ok(()),
            Begin::Turn(mut turn) => {
                turn.data_mut().applied.push(id.to_owned());
                turn.commit().await.map(drop)
            }
        }
    }

    async fn assert_whole(&self, number: usize) {
        let manager = &self.manager;
        let user = user(number);
        let list = applied(manager, &user).await;
        let set: HashSet<_> = list.iter().cloned().collect();
        assert_eq!(list.len(), set.len(), "doubled: {list:?}");
        for id in (0..MESSAGES).map(|id| id.to_string()) {
            let commit_id = CommitId::of(&user, &message(&id));
            let status = manager.resolve(&user, &commit_id).await.unwrap();
            let was_applied = matches!(status, CommitStatus::Applied { .. });
            assert_eq!(was_applied, set.contains(&id), "{id} of {list:?}");
        }
        {
            let told = self.told[number].lock().unwrap();
            let lost: Vec<_> = told.acknowledged.difference(&set).collect();
            assert!(lost.is_empty(), "lost: {lost:?}");
            let revived: Vec<_> = told.given_up.intersection(&set).collect();
            assert!(revived.is_empty(), "applied all the same: {revived:?}");
        }
        let id = message("next");
        let next = timeout(STUCK, manager.handle(&user, &id, apply("next"))).await;
        let next = next.expect("the next turn is stuck").unwrap();
        assert!(!next.is_duplicate());
        let call = manager.with_token(&user, &self.api, |token| self.api.ask(token));
        let called = timeout(STUCK, call).await;
        assert!(called.expect("the next call is stuck").is_ok());
    }
}

async fn leave_at_random(store: impl StateStore + 'static, drops: usize) {
    let crowd = Arc::new(Crowd {
        manager: manager(store),
        api: Api::slow(Duration::from_micros(300)),
        told: (0..USERS).map(|_| Mutex::default()).collect(),
        left: AtomicUsize::new(0),
        stayed: AtomicUsize::new(0),
    });
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let crowd = Arc::clone(&crowd);
        callers.spawn(async move {
            while crowd.left.load(Ordering::Relaxed) < drops {
                crowd.call_once().await;
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert_queues_become_empty(&crowd.manager).await;
    for number in 0..USERS {
        crowd.assert_whole(number).await;
    }
    assert_queues_become_empty(&crowd.manager).await;
    let acknowledged: usize = crowd
        .told
        .iter()
        .map(|told| told.lock().unwrap().acknowledged.len())
        .sum();
    let left = crowd.left.load(Ordering::Relaxed);
    let stayed = crowd.stayed.load(Ordering::Relaxed);
    println!("{left} left, {stayed} stayed, {acknowledged} messages acknowledged");
    assert!(stayed > 0, "no caller stayed");
    assert!(acknowledged > 0, "no message was acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_callers_leave_in_memory() {
    leave_at_random(MemoryStore::new(), 10_000).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_thousand_callers_leave_on_redis() {
    let redis = harness::redis::Redis::any().await;
    leave_at_random(crate::store_on(&redis).await, 3_000).await;
}
