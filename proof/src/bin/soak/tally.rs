//! Counts of what has happened.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use vimbiso_state::{Error, StoreError};

/// The counts, and every violation.
#[derive(Debug, Default)]
pub struct Tally {
    turns: AtomicU64,
    duplicates: AtomicU64,
    expired: AtomicU64,
    deleted: AtomicU64,
    checked: AtomicU64,
    kills: AtomicU64,
    mishaps: AtomicU64,
    users: AtomicUsize,
    /// Turns that an earlier line has counted.
    shown: AtomicU64,
    errors: Mutex<BTreeMap<&'static str, u64>>,
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    pub fn expect(&self, users: usize) {
        self.users.fetch_add(users, Relaxed);
    }

    pub fn turn(&self) {
        self.turns.fetch_add(1, Relaxed);
    }

    pub fn duplicate(&self) {
        self.duplicates.fetch_add(1, Relaxed);
    }

    pub fn expired(&self) {
        self.expired.fetch_add(1, Relaxed);
    }

    pub fn deleted(&self) {
        self.deleted.fetch_add(1, Relaxed);
    }

    pub fn checked(&self) {
        self.checked.fetch_add(1, Relaxed);
    }

    pub fn kill(&self) {
        self.kills.fetch_add(1, Relaxed);
    }

    pub fn mishap(&self) {
        self.mishaps.fetch_add(1, Relaxed);
    }

    /// How often all users have written to both backends.
    pub fn rounds(&self) -> u64 {
        self.turns.load(Relaxed) / (2 * self.users.load(Relaxed)).max(1) as u64
    }

    pub fn error(&self, error: &Error) {
        let kind = match error {
            Error::Store(StoreError::Unavailable { .. }) => "Unavailable",
            Error::Store(StoreError::Unknown { .. }) => "Unknown",
            Error::Store(_) => "other store errors",
            Error::Contended { .. } => "Contended",
            _ => "other errors",
        };
        *self.errors().entry(kind).or_default() += 1;
    }

    pub fn check(&self, is_correct: bool, what: String) {
        if !is_correct {
            self.wrong
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .push(what);
        }
    }

    pub fn is_correct(&self) -> bool {
        self.wrong
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .is_empty()
    }

    fn errors(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.errors
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The turns since the last line, and all errors.
    pub fn line(&self, every: Duration) -> String {
        let turns = self.turns.load(Relaxed);
        let since = turns - self.shown.swap(turns, Relaxed);
        format!(
            "{:>6.0} turns/s  errors {:?}",
            since as f64 / every.as_secs_f64(),
            self.errors()
        )
    }

    pub fn summary(&self) -> String {
        let of = |count: &AtomicU64| count.load(Relaxed);
        let mut text = format!(
            "{} turns in {} rounds, {} second deliveries, {} sessions expired, {} deleted; \
             {} kills, {} mishaps, errors {:?}\n\
             {} sessions checked at the end",
            of(&self.turns),
            self.rounds(),
            of(&self.duplicates),
            of(&self.expired),
            of(&self.deleted),
            of(&self.kills),
            of(&self.mishaps),
            self.errors(),
            of(&self.checked),
        );
        let wrong = self
            .wrong
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = match wrong.len() {
            0 => write!(text, "\nlost or doubled: 0"),
            n => write!(
                text,
                "\nLOST OR DOUBLED: {n}\n{}",
                wrong
                    .iter()
                    .take(10)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("\n")
            ),
        };
        text
    }
}
