//! Frees what has expired, in the background.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::users::Users;
use crate::sync::atomic::Ordering;
use crate::sync::{SHARDS, sleep, spawn};

const PERIOD: Duration = Duration::from_secs(5);

/// Starts the sweeper unless one runs. Called after each write.
///
/// It ends when the store is empty or dropped, and with its runtime; the next write starts another.
/// Without a runtime, or if its runtime is not polled, nothing sweeps: what has expired is then
/// freed when room is needed.
pub(super) fn start(users: &Arc<Users>) {
    // The load spares the usual case a write to a shared cache line.
    if users.sweeping.load(Ordering::SeqCst) || users.sweeping.swap(true, Ordering::SeqCst) {
        return;
    }
    let running = Running {
        users: Arc::downgrade(users),
        ended: false,
    };
    spawn(sweep(running));
}

async fn sweep(mut running: Running) {
    loop {
        sleep(PERIOD).await;
        for shard in 0..SHARDS {
            // Upgraded for one shard at a time, so that a dropped store is freed at once.
            let Some(users) = running.users.upgrade() else {
                return;
            };
            users.sweep(shard);
            drop(users);
            // Lets calls in between two shards.
            tokio::task::yield_now().await;
        }
        let Some(users) = running.users.upgrade() else {
            return;
        };
        if users.len() == 0 {
            users.sweeping.store(false, Ordering::SeqCst);
            running.ended = true;
            // A write may have come before that store, and relied on this sweeper.
            if users.len() == 0 || users.sweeping.swap(true, Ordering::SeqCst) {
                return;
            }
            running.ended = false;
        }
    }
}

/// Marks the sweeper as running, until its task is dropped however that happens.
struct Running {
    users: Weak<Users>,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(users) = self.users.upgrade().filter(|_| !self.ended) {
            users.sweeping.store(false, Ordering::SeqCst);
        }
    }
}
