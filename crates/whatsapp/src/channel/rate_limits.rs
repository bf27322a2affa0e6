//! How many messages WhatsApp takes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Recipient;

/// The time in which a user may get one message on average.
pub(super) const INTERVAL: Duration = Duration::from_secs(6);
/// How many messages a user may get at once.
const BURST: u32 = 45;
/// How far ahead of its time a message may be sent.
const AHEAD: Duration = Duration::from_secs(INTERVAL.as_secs() * (BURST as u64 - 1));
/// The longest pause, as the longest wait of a bot that a channel can ask for.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Counts the messages to each user, and pauses all if WhatsApp asks for it.
#[derive(Default)]
pub(super) struct RateLimits {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the next message to a user would be in time, if each took [`INTERVAL`].
    due: HashMap<Recipient, Instant>,
    /// How many users there are when those are removed who are not limited any more.
    sweep_at: usize,
    paused_until: Option<Instant>,
}

impl RateLimits {
    /// Counts a message to this user.
    ///
    /// # Errors
    /// How long to wait if there may be none yet.
    pub(super) fn take(&self, to: &Recipient) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        if state.due.len() >= state.sweep_at {
            state.due.retain(|_, due| *due > now);
            state.sweep_at = (2 * state.due.len()).max(1_024);
        }
        let due = state.due.get(to).copied().unwrap_or(now).max(now);
        let too_early = (due - now).saturating_sub(AHEAD);
        if too_early > Duration::ZERO {
            return Err(too_early);
        }
        state.due.insert(to.clone(), due + INTERVAL);
        Ok(())
    }

    /// Lets this user get the next message after this time, and then one every 6 s.
    pub(super) fn exhaust(&self, to: &Recipient, wait: Duration) {
        let due = Instant::now() + wait.min(LONGEST) + AHEAD;
        self.state().due.insert(to.clone(), due);
    }

    /// Lets no user get a message before this time is over.
    pub(super) fn pause(&self, wait: Option<Duration>) {
        if let Some(wait) = wait {
            self.state().paused_until = Some(Instant::now() + wait.min(LONGEST));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u32) -> Recipient {
        Recipient::parse(&format!("2637712{number:05}")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn user_gets_a_burst_and_then_one_every_6_s() {
        let limits = RateLimits::default();
        for _ in 0..BURST {
            assert_eq!(limits.take(&user(1)), Ok(()));
        }
        assert_eq!(limits.take(&user(1)), Err(INTERVAL));
        assert_eq!(limits.take(&user(2)), Ok(()));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(limits.take(&user(1)), Err(Duration::from_secs(2)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(limits.take(&user(1)), Ok(()));
        assert_eq!(limits.take(&user(1)), Err(INTERVAL));
        tokio::time::advance(INTERVAL * BURST).await;
        for _ in 0..BURST {
            assert_eq!(limits.take(&user(1)), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refused_user_waits_as_long_as_asked() {
        let limits = RateLimits::default();
        assert_eq!(limits.take(&user(1)), Ok(()));
        limits.exhaust(&user(1), Duration::from_secs(9));
        assert_eq!(limits.take(&user(1)), Err(Duration::from_secs(9)));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(limits.take(&user(1)), Ok(()));
        assert_eq!(limits.take(&user(1)), Err(INTERVAL));
    }

    #[tokio::test(start_paused = true)]
    async fn pause_holds_for_all_users_and_at_most_an_hour() {
        let limits = RateLimits::default();
        limits.pause(None);
        assert_eq!(limits.take(&user(1)), Ok(()));
        limits.pause(Some(Duration::MAX));
        assert_eq!(limits.take(&user(2)), Err(LONGEST));
        tokio::time::advance(LONGEST).await;
        assert_eq!(limits.take(&user(2)), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn users_who_are_not_limited_are_forgotten() {
        let limits = RateLimits::default();
        for number in 0..5_000 {
            assert_eq!(limits.take(&user(number)), Ok(()));
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!(limits.state().due.len() <= 1_024);
    }
}
