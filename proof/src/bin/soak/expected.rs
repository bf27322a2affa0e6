//! What a session must hold, by the answers so far.

use std::time::{Duration, Instant};

use vimbiso_state::CachedUser;

use crate::conversation::Diary;

/// The expected session of one user in one backend.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The numbers of its messages, from the first of the session to the last.
    pub messages: Vec<u32>,
    /// The number of the last message, in this session or an earlier one.
    pub last: u32,
    pub acknowledged: Option<Acknowledged>,
    /// Whether a delete has failed, which may still be carried out.
    pub delete_failed: bool,
    /// The last time at which a request was sent of which a copy may still be under way. A copy of
    /// a first message that arrives after a delete starts the session again.
    pub copies_since: Option<Instant>,
}

/// The last message that was acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct Acknowledged {
    pub sent: Instant,
    pub at: Instant,
    /// How long its session lives.
    pub ttl: Duration,
}

/// Two clocks are read, both in milliseconds.
pub const CLOCK_ERROR: Duration = Duration::from_millis(50);

impl Expected {
    pub fn may_be_gone(&self) -> bool {
        self.delete_failed
            || self
                .acknowledged
                .is_none_or(|last| last.sent.elapsed() + CLOCK_ERROR >= last.ttl)
    }

    /// Whether the session may be alive at this instant.
    pub fn may_be_alive(&self, now: Instant) -> bool {
        self.acknowledged
            .is_some_and(|last| now.saturating_duration_since(last.at) <= last.ttl + CLOCK_ERROR)
    }

    /// Whether a session is the one that was acknowledged, or has expired since.
    pub fn matches(&self, found: &CachedUser<Diary>) -> bool {
        let messages = &found.data().messages;
        *messages == self.messages || messages.is_empty() && self.may_be_gone()
    }
}
