//! When a message was sent, and whether that can be true.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2009-01-01. Seconds that are taken for milliseconds are in 1970.
const EARLIEST: Duration = Duration::from_secs(1_230_768_000);

/// Why the time of [`MessageId::sent_at`](crate::MessageId::sent_at) cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSentAt {
    /// It is in the future, by more than clocks differ.
    #[error(
        "the message was sent {} s in the future; pass on seconds since 1970 in UTC, not \
         milliseconds and no local time, and check the clock of this machine",
        ahead.as_secs()
    )]
    Future {
        /// How far it is ahead of this machine's clock.
        ahead: Duration,
    },
    /// It is before 2009.
    #[error(
        "the message was sent before 2009; pass on seconds since 1970, and do not take seconds for \
         milliseconds"
    )]
    Past,
}

/// The age of a message at `now`; zero if it is up to `tolerance` ahead.
///
/// # Errors
/// [`InvalidSentAt`] if it is further ahead, or before 2009.
pub(crate) fn age(
    sent: SystemTime,
    now: SystemTime,
    tolerance: Duration,
) -> Result<Duration, InvalidSentAt> {
    if sent < UNIX_EPOCH + EARLIEST {
        return Err(InvalidSentAt::Past);
    }
    match now.duration_since(sent) {
        Ok(age) => Ok(age),
        Err(ahead) if ahead.duration() <= tolerance => Ok(Duration::ZERO),
        Err(ahead) => Err(InvalidSentAt::Future {
            ahead: ahead.duration(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLERANCE: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn time_ahead_is_accepted_up_to_the_tolerance() {
        let now = at(1_767_225_600);
        assert_eq!(age(now - TOLERANCE, now, TOLERANCE), Ok(TOLERANCE));
        assert_eq!(age(now + TOLERANCE, now, TOLERANCE), Ok(Duration::ZERO));
        let ahead = TOLERANCE + Duration::from_nanos(1);
        let future = Err(InvalidSentAt::Future { ahead });
        assert_eq!(age(now + ahead, now, TOLERANCE), future);
    }

    #[test]
    fn time_in_another_unit_is_refused() {
        let now = at(1_767_225_600);
        // Seconds for milliseconds, microseconds and nanoseconds, and the other way round.
        for seconds in [
            1_767_225_600_000,
            1_767_225_600_000_000,
            1_767_225_600_000_000_000,
        ] {
            let refused = age(at(seconds), now, TOLERANCE);
            assert!(
                matches!(refused, Err(InvalidSentAt::Future { .. })),
                "{refused:?}"
            );
        }
        for seconds in [0, 1, 1_767_225, 1_767_225_600 - 946_684_800, 1_230_767_999] {
            assert_eq!(
                age(at(seconds), now, TOLERANCE),
                Err(InvalidSentAt::Past),
                "{seconds}"
            );
        }
        let before_1970 = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(age(before_1970, now, TOLERANCE), Err(InvalidSentAt::Past));
        assert!(age(at(1_230_768_000), now, TOLERANCE).is_ok());
    }

    #[test]
    fn clock_that_was_never_set_is_noticed() {
        let refused = age(at(1_767_225_600), at(60), TOLERANCE).unwrap_err();
        assert!(refused.to_string().contains("check the clock"), "{refused}");
    }
}
