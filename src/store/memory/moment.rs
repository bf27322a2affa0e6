//! Instants in half the room.

use std::ops::Add;
use std::time::Duration;

use tokio::time::Instant;

/// An instant as a store keeps it: nanoseconds since it began, for three centuries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    /// When the store began.
    #[cfg(test)]
    pub(super) const START: Self = Self(0);
    /// Later than any other.
    pub(super) const NEVER: Self = Self(i64::MAX);

    pub(super) fn of(now: Instant, start: Instant) -> Self {
        // A paused clock may stand at an instant before the store began.
        Self(
            nanos(now.saturating_duration_since(start))
                - nanos(start.saturating_duration_since(now)),
        )
    }

    /// How long it is from an earlier one.
    pub(super) fn after(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).unsigned_abs())
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_as_far_from_the_start_as_its_instant() {
        let (start, minute) = (Instant::now(), Duration::from_secs(60));
        assert_eq!(Moment::of(start + minute, start), Moment::START + minute);
        assert_eq!(Moment::of(start, start + minute) + minute, Moment::START);
        assert_eq!(
            (Moment::START + 2 * minute).after(Moment::START + minute),
            minute
        );
        assert_eq!(Moment::START + Duration::MAX, Moment::NEVER);
    }
}
