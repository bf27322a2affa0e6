//! The world outside: a bank that performs calls under keys, and a channel that shows replies.

use crate::outbox::request::{Call, ENTRIES, Entry, KEYS, QUESTIONS};
use crate::outbox::scenario::{FOREVER, LEASE, Repeats, SLOWEST, Ticks};

/// The bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bank {
    /// For how many ticks it goes on knowing each key.
    remembers: [Ticks; KEYS],
    /// Known to its own books: how often each question's call took effect. Twice means twice or
    /// more.
    pub paid: [u8; QUESTIONS],
    /// A request that is under way, and for how long it can be.
    pub under_way: Option<(Call, Ticks)>,
}

impl Bank {
    /// Performs a call unless it knows the key.
    pub fn perform(&mut self, call: Call, repeats: Repeats) {
        let key = usize::from(call.key);
        if self.remembers[key] > 0 {
            return;
        }
        let paid = &mut self.paid[usize::from(call.question)];
        *paid = (*paid + 1).min(2);
        self.remembers[key] = match repeats {
            Repeats::Always => FOREVER,
            // The last request is sent within a lease, and is under way for a while.
            Repeats::For(ticks) => ticks + LEASE + SLOWEST,
            Repeats::Never => 0,
        };
    }

    /// Whether a call has taken effect. This is known for longer than its key.
    pub fn has_performed(&self, call: Call) -> bool {
        self.paid[usize::from(call.question)] > 0
    }

    pub fn tick(&mut self) {
        self.remembers.iter_mut().for_each(pass);
        let later = |(call, left): (Call, Ticks)| Some((call, left.checked_sub(1)?));
        self.under_way = self.under_way.and_then(later);
    }
}

/// A tick passes.
pub fn pass(left: &mut Ticks) {
    if *left != FOREVER {
        *left = left.saturating_sub(1);
    }
}

/// The channel, and what an observer knows about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Channel {
    /// How often each reply was shown. Twice means twice or more.
    pub shown: [u8; ENTRIES],
    /// Replies that nothing could show, and that an operator was told of.
    pub reported: Entries,
}

/// Some of the replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Entries(u8);

impl Entries {
    pub const ALL: Self = Self(u8::MAX);

    pub fn contains(self, entry: Entry) -> bool {
        self.0 & 1 << entry != 0
    }

    pub fn add(&mut self, entry: Entry) {
        self.0 |= 1 << entry;
    }
}
