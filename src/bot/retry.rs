//! How long to wait before an entry is tried again.

use std::time::Duration;

/// The longest wait of its own.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest wait that a channel can ask for: coming back earlier prolongs the limit of some.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// The wait after this attempt, the first being 1: 1, 2, 4, 8, 16 and then 30 s, and up to a tenth
/// more, so that those who failed together do not come back together.
pub(super) fn after(attempt: u32) -> Duration {
    let wait = least(attempt);
    wait + wait.mul_f64(rand::random::<f64>() / 10.0)
}

/// The shortest time that passes before the attempt after this one.
fn least(attempt: u32) -> Duration {
    let seconds = 1_u64 << attempt.saturating_sub(1).min(5);
    Duration::from_secs(seconds).min(LONGEST)
}

/// The shortest time that has passed since the first attempt when this one begins. A worker that
/// dies leaves a lease, which is at least as long as a wait of `lease`.
pub(super) fn least_since_the_first(attempt: u32, lease: Duration) -> Duration {
    (1..attempt.min(10_000))
        .map(|earlier| least(earlier).min(lease))
        .sum()
}

/// The wait before an entry is looked at again that this release cannot read: 5 to 10 s, so that a
/// worker of another release comes first.
pub(super) fn unreadable() -> Duration {
    Duration::from_secs(5) + Duration::from_secs(5).mul_f64(rand::random())
}

/// The same for a call. Never shorter than after any other attempt, because
/// [`least_since_the_first`] counts on that: a call must not be taken for settled too early.
pub(super) fn unreadable_call(attempt: u32) -> Duration {
    unreadable().max(after(attempt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_half_a_minute() {
        let seconds: Vec<_> = (0..=7).map(|attempt| least(attempt).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 30, 30]);
        for attempt in 0..40 {
            let wait = after(attempt);
            assert!(wait >= least(attempt) && wait <= LONGEST.mul_f64(1.1));
        }
    }

    #[test]
    fn unreadable_call_waits_as_long_as_any_other() {
        for attempt in 0..40 {
            let wait = unreadable_call(attempt);
            assert!(wait >= least(attempt).max(Duration::from_secs(5)));
        }
    }

    #[test]
    fn time_since_the_first_attempt_is_the_sum_of_waits() {
        let lease = Duration::from_secs(5);
        let seconds = |attempt| least_since_the_first(attempt, lease).as_secs();
        assert_eq!([1, 2, 3, 4, 5].map(seconds), [0, 1, 3, 7, 12]);
    }
}
