//! The points at which a worker dies or stops.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use proof::payments::event::{Act, Event, Point, What};
use serde::{Deserialize, Serialize};

use crate::payments::wire::{self, Lines};

/// Where a worker dies or stops: when it has come to this point so often.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Trap {
    pub point: Point,
    pub nth: u32,
    pub act: Act,
}

/// Watches for the trap of this process.
#[derive(Clone)]
pub struct Points(Arc<Shared>);

struct Shared {
    worker: usize,
    trap: Option<Trap>,
    reached: AtomicU32,
    disarmed: AtomicBool,
    events: Lines,
}

impl Points {
    pub fn new(worker: usize, trap: Option<Trap>, events: &Path) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            worker,
            trap,
            reached: AtomicU32::new(0),
            disarmed: AtomicBool::new(false),
            events: Lines::append_to(events)?,
        })))
    }

    pub fn worker(&self) -> usize {
        self.0.worker
    }

    /// Adds something to what is known of this worker.
    pub fn note(&self, what: What) {
        self.0
            .events
            .add(&Event::new(wire::now(), Some(self.0.worker), what));
    }

    /// From now on there is no trap.
    pub fn disarm(&self) {
        self.0.disarmed.store(true, Ordering::SeqCst);
    }

    /// The worker has come to this point.
    pub fn reach(&self, point: Point) {
        let Some(trap) = self.0.trap.filter(|trap| trap.point == point) else {
            return;
        };
        let before = self.0.reached.fetch_add(1, Ordering::SeqCst);
        if before + 1 != trap.nth || self.0.disarmed.load(Ordering::SeqCst) {
            return;
        }
        self.note(What::Reached(point, trap.act));
        match trap.act {
            Act::Die => std::process::abort(),
            Act::Stop => {
                let pid = std::process::id().to_string();
                // It waits for the command, and so does not pass this point before it stops.
                let stopped = Command::new("kill").args(["-STOP", &pid]).status();
                assert!(stopped.is_ok_and(|status| status.success()));
            }
        }
    }
}
