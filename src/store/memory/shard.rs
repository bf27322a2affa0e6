//! Some of the users, and when the sweeper looks at them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::entry::Entry;
use super::moment::Moment;
use super::users::{Plan, User, Users};
use crate::id::UserId;

/// Some of the users. Every one of them stands on the agenda, at the instant they hold as due. Plans that no longer hold stand
/// there too, until they are as many as the users.
#[derive(Debug, Default)]
pub(super) struct Shard {
    users: Users,
    agenda: BinaryHeap<Reverse<Plan>>,
}

/// By how much the counts of the store change.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change {
    pub(super) users: isize,
    pub(super) bytes: isize,
}

impl Shard {
    pub(super) fn get(&self, id: &UserId) -> Option<&Entry> {
        self.users.get(id).map(|user| &user.entry)
    }

    /// What a change would make of a user's entry, and by how much the counts would grow.
    pub(super) fn try_change<T>(
        &self,
        id: &UserId,
        now: Moment,
        write: impl FnOnce(&mut Entry, Moment) -> T,
    ) -> (T, Entry, Change) {
        let old = self.get(id);
        let mut entry = old.cloned().unwrap_or_default();
        let written = write(&mut entry, now);
        let left = Some(&entry).filter(|entry| entry.next_due() < Moment::NEVER);
        let grows = Change::of(left).beyond(Change::of(old));
        (written, entry, grows)
    }

    pub(super) fn change<T>(
        &mut self,
        id: &UserId,
        now: Moment,
        write: impl FnOnce(&mut Entry, Moment) -> T,
    ) -> (T, Change) {
        let (user, new) = self.users.get_or_add(id);
        let mut change = if new {
            Change {
                users: 1,
                bytes: User::WEIGHT as isize,
            }
        } else {
            Change::default()
        };
        let before = user.entry.weight();
        let written = write(&mut user.entry, now);
        change.bytes += user.entry.weight() as isize - before as isize;
        match user.entry.next_due() {
            Moment::NEVER => change = change.and(self.remove(id)),
            due if due < user.due => {
                user.due = due;
                let plan = Plan {
                    due,
                    hash: self.users.hash(id),
                };
                self.plan(plan);
            }
            _ => {}
        }
        (written, change)
    }

    fn plan(&mut self, plan: Plan) {
        if self.agenda.len() == self.agenda.capacity() {
            // Doubled, it would stand half empty beside millions of sessions.
            self.agenda.reserve_exact(self.agenda.len() / 8 + 4);
        }
        self.agenda.push(Reverse(plan));
        // A session that has expired is due again when its trace is: a plan that would outlive by hours a user who is back in a
        // minute, or forgotten.
        if self.agenda.len() > 2 * self.users.len() + 64 {
            self.agenda
                .retain(|Reverse(plan)| self.users.planned(*plan).is_some());
        }
    }

    pub(super) fn remove(&mut self, id: &UserId) -> Change {
        Change::default().beyond(Change::of(self.users.remove(id).as_ref()))
    }

    /// Looks at the users who are due, `most` of them at the most. Says whether there are more.
    pub(super) fn free(&mut self, now: Moment, most: usize) -> (Change, bool) {
        let mut change = Change::default();
        for _ in 0..most {
            match self.agenda.peek() {
                Some(Reverse(plan)) if plan.due <= now => {}
                _ => return (change, false),
            }
            let Some(Reverse(plan)) = self.agenda.pop() else {
                break;
            };
            // A later plan, or none, stands where a session slid, was forgotten, or was looked at earlier.
            let Some(user) = self.users.planned(plan) else {
                continue;
            };
            let before = user.entry.weight();
            user.entry.free(now);
            user.due = user.entry.next_due();
            change.bytes += user.entry.weight() as isize - before as isize;
            match user.due {
                Moment::NEVER => {
                    let id = user.id().clone();
                    change = change.and(self.remove(&id));
                }
                due => self.plan(Plan { due, ..plan }),
            }
        }
        (change, true)
    }
}

impl Change {
    /// What a user counts, where there is one.
    fn of(entry: Option<&Entry>) -> Self {
        entry.map_or(Self::default(), |entry| Self {
            users: 1,
            bytes: (User::WEIGHT + entry.weight()) as isize,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            users: self.users + other.users,
            bytes: self.bytes + other.bytes,
        }
    }

    /// What is still to be counted, where so much was counted before.
    pub(super) fn beyond(self, counted: Self) -> Self {
        Self {
            users: self.users - counted.users,
            bytes: self.bytes - counted.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::id::CommitId;

    /// Nothing but a fence, which is remembered as long as the retention.
    fn touch(shard: &mut Shard, user: &UserId, now: Moment, retention: Duration) {
        let _ = shard.change(user, now, |entry, now| {
            entry.resolve(&CommitId::random(), now, retention)
        });
    }

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(60 * n)
    }

    #[test]
    fn what_is_counted_is_what_there_is() {
        let (mut shard, mut counted) = (Shard::default(), Change::default());
        let users: Vec<_> = (0..10)
            .map(|n| UserId::new(format!("user-{n}")).unwrap())
            .collect();
        for minute in 0..100 {
            let now = Moment::START + minutes(minute);
            let user = &users[minute as usize % 7];
            counted = counted.and(match minute % 5 {
                4 => shard.remove(&users[minute as usize % 3]),
                3 => shard.free(now, 3).0,
                _ => {
                    shard
                        .change(user, now, |entry, now| {
                            entry.resolve(&CommitId::random(), now, minutes(20))
                        })
                        .1
                }
            });
            let there = users
                .iter()
                .filter_map(|user| shard.get(user))
                .map(|entry| User::WEIGHT + entry.weight());
            assert_eq!(
                (counted.users, counted.bytes),
                (shard.users.len() as isize, there.sum::<usize>() as isize),
                "{minute}"
            );
        }
        let (freed, more) = shard.free(Moment::START + minutes(200), 1000);
        counted = counted.and(freed);
        assert_eq!((counted.users, counted.bytes, more), (0, 0, false));
        let of_three = Change {
            users: 3,
            bytes: 30,
        }
        .beyond(Change {
            users: 1,
            bytes: 20,
        });
        assert_eq!((of_three.users, of_three.bytes), (2, 10));
    }

    #[test]
    fn a_user_is_looked_at_whenever_something_of_theirs_is_due() {
        let (mut shard, user) = (Shard::default(), UserId::new("user").unwrap());
        let claim = |entry: &mut Entry, now| {
            entry.claim(&crate::store::LeaseHolder::random(), minutes(1), now)
        };
        touch(&mut shard, &user, Moment::START, minutes(60));
        touch(&mut shard, &user, Moment::START, minutes(60));
        assert_eq!(shard.agenda.len(), 1, "nothing is due sooner than it was");
        let _ = shard.change(&user, Moment::START, claim);
        assert_eq!(shard.agenda.len(), 2);
        assert!(!shard.free(Moment::START + minutes(1), 1000).1);
        assert_eq!(
            shard.get(&user).map(Entry::next_due),
            Some(Moment::START + minutes(60))
        );
        assert!(
            shard.free(Moment::START + minutes(60), 1).1,
            "there may be more"
        );
        assert!(!shard.free(Moment::START + minutes(60), 1000).1);
        assert_eq!(shard.users.len(), 0);
    }

    #[test]
    fn a_call_that_leaves_nothing_leaves_no_user() {
        let (mut shard, user) = (Shard::default(), UserId::new("user").unwrap());
        let ((), change) = shard.change(&user, Moment::START, |_, _| ());
        assert_eq!(
            (
                change.users,
                change.bytes,
                shard.users.len(),
                shard.agenda.len()
            ),
            (0, 0, 0, 0)
        );
    }

    #[test]
    fn an_agenda_grows_by_little_and_seldom() {
        let (mut shard, mut sizes) = (Shard::default(), std::collections::BTreeSet::new());
        for n in 0..5000 {
            touch(
                &mut shard,
                &UserId::new(format!("user-{n}")).unwrap(),
                Moment::START,
                minutes(60),
            );
            let (length, room) = (shard.agenda.len(), shard.agenda.capacity());
            assert!(
                room <= length + length / 8 + 4,
                "{length} plans in the room of {room}"
            );
            sizes.insert(room);
        }
        assert!(sizes.len() < 80, "{} times", sizes.len());
    }

    #[test]
    fn plans_that_no_longer_hold_go_when_they_are_as_many_as_the_users() {
        let (mut shard, owner) = (Shard::default(), crate::store::LeaseHolder::random());
        let users: Vec<_> = (0..3)
            .map(|n| UserId::new(format!("user-{n}")).unwrap())
            .collect();
        for user in &users {
            touch(&mut shard, user, Moment::START, minutes(200));
        }
        for n in 1..=67 {
            let _ = shard.change(&users[0], Moment::START, |entry, now| {
                entry.claim(&owner, minutes(100 - n), now)
            });
        }
        assert_eq!(shard.agenda.len(), 2 * users.len() + 64);
        let _ = shard.change(&users[0], Moment::START, |entry, now| {
            entry.claim(&owner, minutes(1), now)
        });
        assert_eq!(shard.agenda.len(), users.len());

        let mut shard = Shard::default();
        let users: Vec<_> = (0..100)
            .map(|n| UserId::new(format!("user-{n}")).unwrap())
            .collect();
        for user in &users {
            touch(&mut shard, user, Moment::START, minutes(200));
        }
        for user in &users {
            shard.remove(user);
        }
        touch(
            &mut shard,
            &UserId::new("another").unwrap(),
            Moment::START,
            minutes(200),
        );
        assert_eq!(shard.agenda.len(), 1);
    }

    #[test]
    fn users_who_come_and_go_leave_no_plans_behind() {
        let (mut shard, now, hour) = (Shard::default(), Moment::START, Duration::from_secs(3600));
        let users: Vec<_> = (0..10)
            .map(|n| UserId::new(format!("user-{n}")).unwrap())
            .collect();
        for _ in 0..1000 {
            for user in &users {
                touch(&mut shard, user, now, hour);
                shard.remove(user);
            }
        }
        for user in &users {
            touch(&mut shard, user, now, hour);
        }
        assert!(
            shard.agenda.len() <= 2 * users.len() + 64,
            "{}",
            shard.agenda.len()
        );
        // Those who are there are still on it.
        while shard.free(now + hour, 8).1 {}
        assert_eq!((shard.users.len(), shard.agenda.len()), (0, 0));
    }
}
