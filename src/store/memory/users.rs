//! The entries of all users, and the bounds on them.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::agenda::{Agenda, Appointment, later};
use super::entry::Entry;
use crate::error::StoreError;
use crate::id::UserId;
use crate::store::Due;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, PoisonError, RandomState, Shards};

/// How often a full store is swept at most before it refuses.
const PAUSE: Duration = Duration::from_secs(1);

/// The settings of a store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) retention: Duration,
    pub(super) max_users: usize,
    pub(super) max_bytes: usize,
}

#[derive(Debug, Default)]
struct Shard {
    // Boxed, because a map is half empty on average, and an empty slot then costs a pointer.
    entries: HashMap<UserId, Box<Entry>, RandomState>,
    agenda: Agenda,
}

/// The entries of all users, counted.
#[derive(Debug)]
pub(super) struct Users {
    pub(super) limits: Limits,
    shards: Shards<Shard>,
    users: AtomicUsize,
    bytes: AtomicUsize,
    last_full: Mutex<Option<Instant>>,
    opened: Instant,
    /// When the sweeper is to sweep next, in milliseconds after `opened`; 0 if none runs.
    pub(super) next_sweep: AtomicU64,
}

impl Users {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            shards: Shards::default(),
            users: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            last_full: Mutex::new(None),
            opened: Instant::now(),
            next_sweep: AtomicU64::new(0),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.users.load(Ordering::SeqCst)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// An instant in milliseconds after the store was opened.
    pub(super) fn milliseconds(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.opened);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Reads a user's entry; an unknown user has an empty one.
    pub(super) fn read<T>(&self, user: &UserId, read: impl FnOnce(&Entry, Instant) -> T) -> T {
        let shard = self.shards.of(user);
        let now = Instant::now();
        match shard.entries.get(user) {
            Some(entry) => read(entry, now),
            None => read(&Entry::default(), now),
        }
    }

    /// Changes a user's entry in one step.
    ///
    /// `check` looks at the entry first: it answers the call if nothing is to be written, and says
    /// otherwise by how many bytes the entry grows at most. `write` is called only if there is
    /// room. Returns the answer, and when it was given.
    ///
    /// # Errors
    /// [`StoreError::OverCapacity`] if there is no room, also after what has expired was dropped.
    pub(super) fn change<T>(
        &self,
        user: &UserId,
        check: impl Fn(&Entry, Instant) -> Check<T>,
        write: impl Fn(&mut Entry, Instant) -> T,
    ) -> Result<(T, Instant), StoreError> {
        loop {
            if let Some(done) = self.try_change(user, &check, &write) {
                return Ok(done);
            }
            if !self.sweep_for_room() {
                return Err(StoreError::over_capacity(
                    "the memory store has reached its limit of users or bytes",
                ));
            }
        }
    }

    fn try_change<T>(
        &self,
        user: &UserId,
        check: impl Fn(&Entry, Instant) -> Check<T>,
        write: impl Fn(&mut Entry, Instant) -> T,
    ) -> Option<(T, Instant)> {
        let mut shard = self.shards.of(user);
        let Shard { entries, agenda } = &mut *shard;
        let now = Instant::now();
        let known = entries.get(user);
        let checked = match known {
            Some(entry) => check(entry, now),
            None => check(&Entry::default(), now),
        };
        let growth = match checked {
            Check::Answer(answer) => return Some((answer, now)),
            Check::Grows(bytes) => bytes,
        };
        // Writers of other shards check at the same time, so each may exceed a limit by one entry.
        let new = usize::from(known.is_none());
        let growth = growth + new * Entry::FIXED_WEIGHT;
        let fits = growth == 0
            || (self.users.load(Ordering::SeqCst) + new <= self.limits.max_users
                && self.bytes.load(Ordering::SeqCst) + growth <= self.limits.max_bytes);
        if !fits {
            return None;
        }
        let entry = entries.entry(user.clone()).or_default();
        let plan = entry.plan();
        // A new entry counts with its fixed weight, which is part of the weight after the write.
        let before = if new == 1 { 0 } else { entry.weight() };
        let written = write(entry, now);
        let after = entry.weight();
        agenda.replan(user, plan, entry.plan());
        self.users.fetch_add(new, Ordering::SeqCst);
        self.count_bytes(before, after);
        Some((written, now))
    }

    pub(super) fn remove(&self, user: &UserId) {
        self.reduce(user, |entry, _| *entry = Entry::default());
    }

    /// Removes something of a user's entry in one step, and the entry if nothing is left in it.
    pub(super) fn reduce<T>(
        &self,
        user: &UserId,
        reduce: impl FnOnce(&mut Entry, Instant) -> T,
    ) -> T {
        let mut shard = self.shards.of(user);
        let Shard { entries, agenda } = &mut *shard;
        let now = Instant::now();
        let Some(entry) = entries.get_mut(user) else {
            return reduce(&mut Entry::default(), now);
        };
        let plan = entry.plan();
        let before = entry.weight();
        let reduced = reduce(entry, now);
        agenda.replan(user, plan, entry.plan());
        if entry.is_empty() {
            entries.remove(user);
            self.users.fetch_sub(1, Ordering::SeqCst);
            self.count_bytes(before, 0);
        } else {
            self.count_bytes(before, entry.weight());
        }
        reduced
    }

    /// Claims at most `limit` of the users who are due, the longest overdue first.
    pub(super) fn due(&self, limit: usize, claim: Duration) -> Vec<Due> {
        let now = Instant::now();
        let mut due = Vec::new();
        for shard in 0..Shards::<Shard>::COUNT {
            due.extend(self.shards.at(shard).agenda.due(limit, now));
        }
        due.sort_unstable();
        due.truncate(limit);
        // Another caller may have claimed some of them meanwhile.
        due.retain(|appointment| self.claim(appointment, later(now, claim)));
        due.into_iter().map(Due::from).collect()
    }

    fn claim(&self, appointment: &Appointment, until: Instant) -> bool {
        let user = &appointment.user;
        let mut shard = self.shards.of(user);
        let Shard { entries, agenda } = &mut *shard;
        let Some(entry) = entries.get_mut(user) else {
            return false;
        };
        let plan = entry.plan();
        let claimed = entry.claim(appointment, until);
        agenda.replan(user, plan, entry.plan());
        claimed
    }

    /// Drops what has expired in one shard.
    pub(super) fn sweep(&self, shard: usize) {
        let mut shard = self.shards.at(shard);
        let Shard { entries, agenda } = &mut *shard;
        let now = Instant::now();
        let known = entries.len();
        let mut before = 0;
        let mut after = 0;
        entries.retain(|user, entry| {
            if !entry.is_due(now) {
                return true;
            }
            let plan = entry.plan();
            before += entry.weight();
            let keep = entry.sweep(now);
            after += if keep { entry.weight() } else { 0 };
            agenda.replan(user, plan, entry.plan());
            keep
        });
        self.users
            .fetch_sub(known - entries.len(), Ordering::SeqCst);
        self.count_bytes(before, after);
    }

    /// Drops everything that has expired. Returns `false` if that was tried within the last second,
    /// so that a full store does not spend its time on looking for room.
    fn sweep_for_room(&self) -> bool {
        if !self.may_sweep_for_room() {
            return false;
        }
        (0..Shards::<Shard>::COUNT).for_each(|shard| self.sweep(shard));
        true
    }

    /// Apart from the sweep: no other call may wait for the end of that, which has no deadline.
    fn may_sweep_for_room(&self) -> bool {
        let now = Instant::now();
        let mut last = self
            .last_full
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE) {
            return false;
        }
        *last = Some(now);
        true
    }

    fn count_bytes(&self, before: usize, after: usize) {
        if after >= before {
            self.bytes.fetch_add(after - before, Ordering::SeqCst);
        } else {
            self.bytes.fetch_sub(before - after, Ordering::SeqCst);
        }
    }
}

/// What a call does to an entry.
pub(super) enum Check<T> {
    /// Nothing: this is its answer.
    Answer(T),
    /// It writes, and adds so many bytes at most.
    Grows(usize),
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::thread::spawn;

    use super::*;

    #[test]
    fn no_call_waits_for_the_sweep_of_another() {
        let limits = Limits {
            retention: Duration::from_secs(600),
            max_users: 1,
            max_bytes: 1,
        };
        let users = Arc::new(Users::new(limits));
        // A sweep that takes long, because a shard is in use.
        let in_use = users.shards.at(0);
        let sweeping = spawn({
            let users = Arc::clone(&users);
            move || users.sweep_for_room()
        });
        let has_begun = || users.last_full.try_lock().is_ok_and(|last| last.is_some());
        let mut tries = 1000;
        while !has_begun() && tries > 0 {
            tries -= 1;
            std::thread::sleep(Duration::from_millis(1));
        }
        let (answer, answered) = channel();
        let other = spawn({
            let users = Arc::clone(&users);
            move || answer.send(users.sweep_for_room())
        });
        let waited = answered.recv_timeout(Duration::from_secs(10));
        drop(in_use);
        assert_eq!(waited, Ok(false), "refused at once");
        assert!(sweeping.join().unwrap());
        other.join().unwrap().unwrap();
    }
}
