//! What has happened, for pages that are open and those that are opened later.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::watch;

/// The most events that are kept.
const MOST: usize = 1_000;

/// The events, each with a number that grows by one. The first one has the time as its number, so
/// that a page which stays open while the program is started again goes on with the new events.
pub(super) struct Log {
    events: Mutex<Events>,
    /// Told of each event.
    changed: watch::Sender<()>,
}

struct Events {
    /// The number of the first one.
    first: u64,
    all: VecDeque<Value>,
}

impl Log {
    pub(super) fn new() -> Self {
        let first = milliseconds(SystemTime::now());
        let all = VecDeque::new();
        let log = Self {
            events: Mutex::new(Events { first, all }),
            changed: watch::Sender::new(()),
        };
        log.clear();
        log
    }

    pub(super) fn push(&self, mut event: Value) {
        if let Some(fields) = event.as_object_mut() {
            fields.insert("at".into(), json!(milliseconds(SystemTime::now())));
        }
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.all.push_back(event);
        if events.all.len() > MOST {
            events.all.pop_front();
            events.first += 1;
        }
        drop(events);
        self.changed.send_replace(());
    }

    /// Forgets all events. The next one tells the pages.
    pub(super) fn clear(&self) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.first += events.all.len() as u64;
        events.all.clear();
        drop(events);
        self.push(json!({"kind": "cleared"}));
    }

    /// The events from this number on, each with its number.
    pub(super) fn since(&self, number: u64) -> Vec<(u64, Value)> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = (events.first..).zip(events.all.iter().cloned());
        numbered.filter(|(at, _)| *at >= number).collect()
    }

    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

/// Milliseconds since 1970, as JavaScript counts.
pub(super) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
