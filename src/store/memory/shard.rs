//! Some of the users, and when the sweeper looks at them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tokio::time::Instant;

use super::entry::Entry;
use crate::UserId;

/// Some of the users. Every one of them stands on the agenda, at the instant its entry holds as due. Plans that no longer hold
/// stand there too, until they are as many as the users.
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
                self.plan(due, user.clone());
            }
            Some(_) => {}
            None => change = change.and(self.remove(user)),
        }
        (written, change)
    }

    fn plan(&mut self, due: Instant, user: UserId) {
        self.agenda.push(Reverse((due, user)));
        // A session that has expired is due again when its trace is: a plan that would outlive by hours a user who is back in a
        // minute, or forgotten.
        if self.agenda.len() > 2 * self.users.len() + 64 {
            self.agenda.retain(|Reverse((due, user))| self.users.get(user).is_some_and(|entry| entry.due == Some(*due)));
        }
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
                Some(due) => self.plan(due, user),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::CommitId;

    /// Nothing but a fence, which is remembered as long as the retention.
    fn touch(shard: &mut Shard, user: &UserId, now: Instant, retention: Duration) {
        let _ = shard.change(user, now, |entry, now| entry.resolve(&CommitId::random(), now, retention));
    }

    #[test]
    fn users_who_come_and_go_leave_no_plans_behind() {
        let (mut shard, now, hour) = (Shard::default(), Instant::now(), Duration::from_secs(3600));
        let users: Vec<_> = (0..10).map(|n| UserId::new(format!("user-{n}")).unwrap()).collect();
        for _ in 0..1000 {
            for user in &users {
                touch(&mut shard, user, now, hour);
                shard.remove(user);
            }
        }
        for user in &users {
            touch(&mut shard, user, now, hour);
        }
        assert!(shard.agenda.len() <= 2 * users.len() + 64, "{}", shard.agenda.len());
        // Those who are there are still on it.
        while shard.free(now + hour, 8).1 {}
        assert!(shard.users.is_empty() && shard.agenda.is_empty());
    }
}
