//! Users by their ids, and by what stands of them on an agenda.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table};

use super::entry::Entry;
use super::moment::Moment;
use crate::id::UserId;
use crate::sync::RandomState;

/// The users. Each stands in a box: half of a table is empty, and an empty place takes a pointer.
#[derive(Debug, Default)]
pub(super) struct Users {
    table: HashTable<Box<User>>,
    hasher: RandomState,
}

/// One user, and all that is remembered of them.
#[derive(Debug)]
pub(super) struct User {
    id: UserId,
    /// When the sweeper means to look here next.
    pub(super) due: Moment,
    pub(super) entry: Entry,
}

/// That the sweeper is to look at a user. The hash names the user in half the room of an id; where it names two with one
/// plan, both have theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Plan {
    pub(super) due: Moment,
    pub(super) hash: u64,
}

impl Users {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn hash(&self, id: &UserId) -> u64 {
        self.hasher.hash_one(id)
    }

    pub(super) fn get(&self, id: &UserId) -> Option<&User> {
        self.table
            .find(self.hash(id), |user| user.id == *id)
            .map(Box::as_ref)
    }

    /// The user, and whether there was none yet.
    pub(super) fn get_or_add(&mut self, id: &UserId) -> (&mut User, bool) {
        match self.table.entry(
            self.hasher.hash_one(id),
            |user| user.id == *id,
            |user| self.hasher.hash_one(&user.id),
        ) {
            hash_table::Entry::Occupied(user) => (user.into_mut(), false),
            hash_table::Entry::Vacant(place) => {
                let user = User {
                    id: id.clone(),
                    due: Moment::NEVER,
                    entry: Entry::default(),
                };
                (place.insert(Box::new(user)).into_mut(), true)
            }
        }
    }

    /// The user of whom a plan holds.
    pub(super) fn planned(&mut self, plan: Plan) -> Option<&mut User> {
        let Self { table, hasher } = self;
        table
            .find_mut(plan.hash, |user| {
                user.due == plan.due && hasher.hash_one(&user.id) == plan.hash
            })
            .map(Box::as_mut)
    }

    pub(super) fn remove(&mut self, id: &UserId) -> Option<Entry> {
        let user = self
            .table
            .find_entry(self.hash(id), |user| user.id == *id)
            .ok()?;
        Some(user.remove().0.entry)
    }
}

impl User {
    /// About what a user takes besides what an entry counts: themselves, their id, their places in the table and on the agenda.
    pub(super) const WEIGHT: usize = size_of::<(Self, [u8; 32], [u8; 16], [u8; 24])>();

    pub(super) fn id(&self) -> &UserId {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_for_one_user_and_one_instant() {
        let [ada, bob] = ["ada", "bob"].map(|id| UserId::new(id).unwrap());
        let mut users = Users::default();
        assert_ne!(users.hash(&ada), users.hash(&bob));
        for (id, due) in [(&ada, Moment::START), (&bob, Moment::NEVER)] {
            let (user, new) = users.get_or_add(id);
            assert!(new && user.id() == id);
            user.due = due;
        }
        assert!(!users.get_or_add(&ada).1 && users.len() == 2);
        for (id, due, holds) in [
            (&ada, Moment::START, true),
            (&ada, Moment::NEVER, false),
            (&bob, Moment::START, false),
        ] {
            let plan = Plan {
                due,
                hash: users.hash(id),
            };
            assert_eq!(
                users.planned(plan).map(|user| user.id().clone()).as_ref(),
                holds.then_some(id)
            );
        }
        assert!(users.remove(&ada).is_some() && users.remove(&ada).is_none());
        assert!(users.get(&ada).is_none() && users.get(&bob).is_some_and(|user| *user.id() == bob));
    }
}
