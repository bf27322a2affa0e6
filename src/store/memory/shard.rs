//! Some of the users, and when the sweeper looks at them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tokio::time::Instant;

use super::entry::Entry;
use crate::UserId;

/// Some of the users. Every one of them stands on the agenda, at the instant its entry holds as due.
#[derive(Debug, Default)]
pub(super) struct Shard {
    users: HashMap<UserId, Entry>,
    agenda: BinaryHeap<Reverse<(Instant, UserId)>>,
}

/// By how much the counts of the store change.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change {
    pub(super) users: isize,
    pub(super) bytes: isize,
}

impl Shard {
    pub(super) fn get(&self, user: &UserId) -> Option<&Entry> {
        self.users.get(user)
    }

    pub(super) fn change<T>(&mut self, user: &UserId, now: Instant, write: impl FnOnce(&mut Entry, Instant) -> T) -> (T, Change) {
        let mut change = Change::default();
        let entry = self.users.entry(user.clone()).or_insert_with(|| {
            change = Change { users: 1, bytes: Entry::WEIGHT as isize };
            Entry::default()
        });
        let before = entry.weight();
        let written = write(entry, now);
        change.bytes += entry.weight() as isize - before as isize;
        match entry.next_due() {
            Some(due) if entry.due.is_none_or(|planned| due < planned) => {
                entry.due = Some(due);
                self.agenda.push(Reverse((due, user.clone())));
            }
            Some(_) => {}
            None => change = change.and(self.remove(user)),
        }
        (written, change)
    }

    pub(super) fn remove(&mut self, user: &UserId) -> Change {
        self.users.remove(user).map_or(Change::default(), |entry| Change { users: -1, bytes: -(entry.weight() as isize) })
    }

    /// Looks at the users who are due, `most` of them at the most. Says whether there are more.
    pub(super) fn free(&mut self, now: Instant, most: usize) -> (Change, bool) {
        let mut change = Change::default();
        for _ in 0..most {
            match self.agenda.peek() {
                Some(Reverse((due, _))) if *due <= now => {}
                _ => return (change, false),
            }
            let Some(Reverse((due, user))) = self.agenda.pop() else { break };
            // A later plan, or none, stands where a session slid, was forgotten, or was looked at earlier.
            let Some(entry) = self.users.get_mut(&user).filter(|entry| entry.due == Some(due)) else { continue };
            let before = entry.weight();
            entry.free(now);
            entry.due = entry.next_due();
            change.bytes += entry.weight() as isize - before as isize;
            match entry.due {
                Some(due) => self.agenda.push(Reverse((due, user))),
                None => change = change.and(self.remove(&user)),
            }
        }
        (change, true)
    }
}

impl Change {
    fn and(self, other: Self) -> Self {
        Self { users: self.users + other.users, bytes: self.bytes + other.bytes }
    }

    /// What is still to be counted, where so much was counted before.
    pub(super) fn beyond(self, counted: Self) -> Self {
        Self { users: self.users - counted.users, bytes: self.bytes - counted.bytes }
    }
}
