//! Workers that deliver messages until they are acknowledged.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::desk::{Manager, message};
use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::time::sleep;
use vimbiso_state::{Handled, RedisStore, StateManager, Step, UserId};

use crate::whole_session::{apply, assert_whole};

/// How every user's number begins; no log may hold it.
pub const NUMBER: &str = "2637712345";
pub const SESSIONS: usize = 6;
/// The session to which the test itself delivers.
pub const WITNESS: usize = SESSIONS;

/// A message that took effect, as its worker was told.
pub struct Acknowledged {
    pub session: usize,
    pub id: String,
    /// The list on which it was decided.
    pub before: Vec<String>,
    pub start: Instant,
    pub end: Instant,
}

#[derive(Default)]
pub struct Traffic {
    acknowledged: Mutex<Vec<Acknowledged>>,
    count: AtomicUsize,
    stop: AtomicBool,
}

impl Traffic {
    pub async fn keep_going(self: Arc<Self>, worker: usize, manager: Manager, mut rng: StdRng) {
        for n in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let session = rng.random_range(0..SESSIONS);
            let id = format!("{worker}-{n}");
            let start = Instant::now();
            let mut decisions = deliver(&manager, session, &id).await;
            let acknowledged = Acknowledged {
                session,
                id,
                before: decisions.pop().unwrap_or_default(),
                start,
                end: Instant::now(),
            };
            self.acknowledged.lock().unwrap().push(acknowledged);
            self.count.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_micros(rng.random_range(0..2000))).await;
        }
    }

    /// Waits for this many more acknowledgements.
    pub async fn goes_on(&self, more: usize) {
        let until = self.count.load(Ordering::SeqCst) + more;
        let begin = Instant::now();
        while self.count.load(Ordering::SeqCst) < until {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "the workers do not go on"
            );
            sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        std::mem::take(&mut *self.acknowledged.lock().unwrap())
    }
}

/// Delivers a message until it is acknowledged, as a webhook does. Returns the lists on which it
/// was decided, one after the other.
pub async fn deliver(manager: &Manager, session: usize, id: &str) -> Vec<Vec<String>> {
    let decisions = Mutex::new(Vec::new());
    for _ in 0..20 {
        let handled = manager
            .handle(&user(session), &message(id), |turn| {
                let before = apply(turn, id)?;
                decisions.lock().unwrap().push(before);
                Ok(Step::Commit(()))
            })
            .await;
        match handled {
            Ok(Handled::Committed { user, .. } | Handled::Duplicate { user, .. }) => {
                assert!(user.data().applied.iter().any(|applied| applied == id));
                return decisions.into_inner().unwrap();
            }
            Ok(stopped) => panic!("{stopped:?}"),
            Err(error) => eprintln!("{id} again: {error}"),
        }
    }
    panic!("{id} was never acknowledged");
}

pub async fn manager(url: &str) -> Manager {
    let store = RedisStore::builder()
        .response_timeout(Duration::from_millis(100))
        .connect(url)
        .await
        .unwrap();
    StateManager::builder(store)
        .deadline(Duration::from_secs(5))
        .build()
        .unwrap()
}

/// The list of each session on a server. Each session must be whole.
pub async fn lists(url: &str) -> Vec<Vec<String>> {
    let manager = manager(url).await;
    let mut lists = Vec::new();
    for session in 0..=WITNESS {
        let user = manager.load(&user(session)).await.unwrap();
        assert_whole(&user);
        lists.push(user.data().applied.clone());
    }
    lists
}

fn user(session: usize) -> UserId {
    UserId::new(format!("{NUMBER}{session:02}")).unwrap()
}
