//! The calls of all workers of one history.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use proof::history::{Event, What};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, watch};

/// What was called and answered when, and how many deliveries are through.
pub struct Log {
    started: Instant,
    events: Mutex<Vec<Event>>,
    through: watch::Sender<usize>,
    working: RwLock<()>,
}

impl Log {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            events: Mutex::default(),
            through: watch::Sender::new(0),
            working: RwLock::new(()),
        }
    }

    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Adds the call that this worker started at `start` and that has returned now.
    pub fn add(&self, worker: usize, start: Duration, what: What) {
        let event = Event {
            worker,
            start,
            end: self.now(),
            what,
        };
        self.events.lock().unwrap().push(event);
    }

    /// Counts a delivery that is through.
    pub fn count_delivery(&self) {
        self.through.send_modify(|through| *through += 1);
    }

    /// Waits until so many deliveries are through.
    pub async fn reaches(&self, deliveries: usize) {
        // An error would mean that the sender is gone, and it is a field of this log.
        let _ = self
            .through
            .subscribe()
            .wait_for(|through| *through >= deliveries)
            .await;
    }

    /// Held by a worker during a delivery.
    pub async fn working(&self) -> RwLockReadGuard<'_, ()> {
        self.working.read().await
    }

    /// Waits until no worker has a delivery under way, and holds all workers back until the guard
    /// is dropped.
    pub async fn hold_workers(&self) -> RwLockWriteGuard<'_, ()> {
        self.working.write().await
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}
