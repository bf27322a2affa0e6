//! Frees what has expired, in the background.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::users::Users;
use crate::sync::atomic::Ordering;
use crate::sync::{SHARDS, sleep, spawn};

const PERIOD: Duration = Duration::from_secs(5);

/// Starts the sweeper unless one runs. Called after each write, at `now`.
///
/// It ends when the store is empty or dropped, and with its runtime; the next write starts another.
/// A write also starts another if the sweeper is late by a whole period, because its runtime is not
/// driven. Without a runtime, nothing sweeps: what has expired is then freed when room is needed.
pub(super) fn start(users: &Arc<Users>, now: Instant) {
    // The load spares the usual case a write to a shared cache line.
    let next = users.next_sweep.load(Ordering::SeqCst);
    if next != 0 && users.milliseconds(now) < next.saturating_add(period()) {
        return;
    }
    let mut sweeper = Sweeper {
        users: Arc::downgrade(users),
        next,
    };
    if sweeper.renew(users, now) {
        spawn(sweep(sweeper));
    }
}

async fn sweep(mut sweeper: Sweeper) {
    loop {
        sleep(PERIOD).await;
        for shard in 0..SHARDS {
            // Upgraded for one shard at a time, so that a dropped store is freed at once.
            let Some(users) = sweeper.users.upgrade() else {
                return;
            };
            users.sweep(shard);
            drop(users);
            // Lets calls in between two shards.
            tokio::task::yield_now().await;
        }
        let Some(users) = sweeper.users.upgrade() else {
            return;
        };
        if !sweeper.renew(&users, Instant::now()) {
            return;
        }
        if users.len() == 0 {
            sweeper.end(&users);
            // A write may have come before the end, and relied on this sweeper.
            if users.len() == 0 || !sweeper.renew(&users, Instant::now()) {
                return;
            }
        }
    }
}

fn period() -> u64 {
    PERIOD.as_millis() as u64
}

/// The sweeper of a store, until its task is dropped however that happens.
struct Sweeper {
    users: Weak<Users>,
    /// What this one has written to [`Users::next_sweep`]. It differs once another has taken over.
    next: u64,
}

impl Sweeper {
    /// Notes that this one sweeps again in a period. Returns `false` if another has taken over.
    fn renew(&mut self, users: &Users, now: Instant) -> bool {
        // Later than what was there, so that no two sweepers ever write the same.
        let next = (users.milliseconds(now) + period()).max(self.next + 1);
        let renewed = self.write(users, next);
        if !renewed {
            self.next = 0;
        }
        renewed
    }

    fn end(&mut self, users: &Users) {
        self.write(users, 0);
        self.next = 0;
    }

    fn write(&mut self, users: &Users, next: u64) -> bool {
        let written =
            users
                .next_sweep
                .compare_exchange(self.next, next, Ordering::SeqCst, Ordering::SeqCst);
        if written.is_ok() {
            self.next = next;
        }
        written.is_ok()
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(users) = self.users.upgrade().filter(|_| self.next != 0) {
            self.end(&users);
        }
    }
}
