//! When the users of a shard are due, in order of time.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::id::UserId;
use crate::store::Due;

/// When a user is due, for each purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// For the work in the outbox.
    pub(super) work: Option<Instant>,
    /// For the wake-up.
    pub(super) reminder: Option<Instant>,
}

impl Plan {
    /// When the user is due for one of the purposes.
    pub(super) fn at(&self, is_reminder: bool) -> Option<Instant> {
        if is_reminder {
            self.reminder
        } else {
            self.work
        }
    }
}

/// A user who is due at an instant. Ordered by the instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Appointment {
    pub(super) at: Instant,
    pub(super) user: UserId,
    pub(super) is_reminder: bool,
}

impl From<Appointment> for Due {
    fn from(appointment: Appointment) -> Self {
        Self {
            user: appointment.user,
            is_reminder: appointment.is_reminder,
        }
    }
}

/// The plans of the users of a shard, under the lock of their entries.
#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeSet<Appointment>);

impl Agenda {
    /// Notes how a user's plan has changed.
    pub(super) fn replan(&mut self, user: &UserId, before: Plan, after: Plan) {
        for is_reminder in [false, true] {
            let old = before.at(is_reminder);
            let new = after.at(is_reminder);
            if old == new {
                continue;
            }
            let appointment = |at| Appointment {
                at,
                user: user.clone(),
                is_reminder,
            };
            if let Some(at) = old {
                self.0.remove(&appointment(at));
            }
            self.0.extend(new.map(appointment));
        }
    }

    /// At most `limit` of those who are due, the longest overdue first.
    pub(super) fn due(&self, limit: usize, now: Instant) -> impl Iterator<Item = Appointment> {
        let due = self.0.iter().take_while(move |next| next.at <= now);
        due.take(limit).cloned()
    }
}
