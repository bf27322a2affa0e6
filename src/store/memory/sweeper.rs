//! Frees what has expired without being asked.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Inner;
use crate::sync::Shards;
use crate::sync::atomic::Ordering;
use crate::sync::{sleep, spawn};

const PERIOD: Duration = Duration::from_secs(1);

/// Starts the sweeper, unless it runs; whoever has written calls this. It ends when the store is empty or gone, and with its
/// runtime; the next write starts another. Outside a runtime there is none, and one whose runtime is driven no more sleeps: what has
/// expired is then freed when room is needed.
pub(super) fn start(inner: &Arc<Inner>) {
    if inner.sweeping.load(Ordering::SeqCst) || inner.sweeping.swap(true, Ordering::SeqCst) {
        return;
    }
    let running = Running {
        inner: Arc::downgrade(inner),
        ended: false,
    };
    spawn(sweep(running));
}

async fn sweep(mut running: Running) {
    loop {
        sleep(PERIOD).await;
        for shard in 0..Shards::<super::Shard>::COUNT {
            // Upgraded for one step at a time: a store that its owner has dropped goes at once.
            while running
                .inner
                .upgrade()
                .is_some_and(|inner| inner.free_some(shard))
            {
                tokio::task::yield_now().await;
            }
        }
        let Some(inner) = running.inner.upgrade() else {
            return;
        };
        if inner.users.load(Ordering::SeqCst) == 0 {
            inner.sweeping.store(false, Ordering::SeqCst);
            // Somebody may have written before this was said, and relied on this sweeper.
            running.ended = true;
            if inner.users.load(Ordering::SeqCst) == 0
                || inner.sweeping.swap(true, Ordering::SeqCst)
            {
                return;
            }
            running.ended = false;
        }
    }
}

/// Says that the sweeper runs, and that it no longer does when its task is dropped, however that comes.
struct Running {
    inner: Weak<Inner>,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade().filter(|_| !self.ended) {
            inner.sweeping.store(false, Ordering::Release);
        }
    }
}
