//! Many callers of a few users at once, who leave whenever they like.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::desk::{Manager, applied, apply, message, user};
use harness::tokens::Api;
use tokio::time::timeout;
use vimbiso_state::Step;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, MemoryStore, StateStore, UserId};

use crate::{Leaves, STUCK, assert_nobody_is_left_in_a_queue, dropped_after, manager};

const USERS: usize = 40;
const MESSAGES: usize = 150;
const CALLERS: usize = 16;

/// What callers who stayed were told about one user's messages.
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
        let (who, id) = (
            rand::random_range(0..USERS),
            rand::random_range(0..MESSAGES).to_string(),
        );
        let call = self.call(who, &id);
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

    async fn call(&self, who: usize, id: &str) {
        let (manager, user) = (&self.manager, user(who));
        let told = || self.told[who].lock().unwrap();
        let turned = match rand::random_range(0..20) {
            0..12 => manager
                .handle(&user, &message(id), apply(id))
                .await
                .map(drop),
            12..16 => self.in_the_open(&user, id).await,
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
            _ => {
                match manager
                    .resolve(&user, &CommitId::of(&user, &message(id)))
                    .await
                    .unwrap()
                {
                    CommitStatus::Applied { .. } => drop(told().acknowledged.insert(id.to_owned())),
                    CommitStatus::Fenced => drop(told().given_up.insert(id.to_owned())),
                }
                return;
            }
        };
        match turned {
            Ok(()) => drop(told().acknowledged.insert(id.to_owned())),
            Err(Error::Fenced { .. }) => drop(told().given_up.insert(id.to_owned())),
            Err(Error::Conflict | Error::Contended { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn in_the_open(&self, user: &UserId, id: &str) -> Result<(), Error> {
        let ControlFlow::Continue(mut turn) = self.manager.begin_for(user, &message(id)).await?
        else {
            return Ok(());
        };
        turn.data_mut().applied.push(id.to_owned());
        turn.commit().await.map(drop)
    }

    async fn assert_whole(&self, who: usize) {
        let (manager, user) = (&self.manager, user(who));
        let list = applied(manager, &user).await;
        let set: HashSet<_> = list.iter().cloned().collect();
        assert_eq!(list.len(), set.len(), "doubled: {list:?}");
        for id in (0..MESSAGES).map(|id| id.to_string()) {
            let resolved = manager
                .resolve(&user, &CommitId::of(&user, &message(&id)))
                .await
                .unwrap();
            assert_eq!(
                matches!(resolved, CommitStatus::Applied { .. }),
                set.contains(&id),
                "{id} of {list:?}"
            );
        }
        {
            let told = self.told[who].lock().unwrap();
            assert!(
                told.acknowledged.is_subset(&set),
                "lost: {:?}",
                told.acknowledged.difference(&set)
            );
            assert!(
                told.given_up.is_disjoint(&set),
                "applied all the same: {:?}",
                told.given_up.intersection(&set)
            );
        }
        let next = timeout(
            STUCK,
            manager.handle(&user, &message("next"), apply("next")),
        )
        .await;
        assert!(
            !next
                .expect("the next turn is stuck")
                .unwrap()
                .is_duplicate()
        );
        let call = manager.with_token(&user, &self.api, |token| self.api.ask(token));
        assert!(
            timeout(STUCK, call)
                .await
                .expect("the next call is stuck")
                .is_ok()
        );
    }
}

async fn leave_at_random(store: impl StateStore + 'static, drops: usize) {
    let (left, stayed) = Default::default();
    let told = (0..USERS).map(|_| Mutex::default()).collect();
    let api = Api::slow(Duration::from_micros(300));
    let crowd = Arc::new(Crowd {
        manager: manager(store),
        api,
        told,
        left,
        stayed,
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
    assert_nobody_is_left_in_a_queue(&crowd.manager).await;
    for who in 0..USERS {
        crowd.assert_whole(who).await;
    }
    assert_nobody_is_left_in_a_queue(&crowd.manager).await;
    let acknowledged: usize = crowd
        .told
        .iter()
        .map(|told| told.lock().unwrap().acknowledged.len())
        .sum();
    let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    println!(
        "{} left, {} stayed, {acknowledged} messages acknowledged",
        count(&crowd.left),
        count(&crowd.stayed)
    );
    assert!(
        acknowledged > 0 && count(&crowd.stayed) > 0,
        "nobody stayed, and nothing was tested"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_leave_in_memory() {
    leave_at_random(MemoryStore::new(), 10_000).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_thousand_leave_on_redis() {
    let redis = harness::redis::Redis::any().await;
    leave_at_random(crate::store_on(&redis).await, 3_000).await;
}
