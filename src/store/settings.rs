//! What every store lets a host set.

use std::time::Duration;

use crate::error::Error;

/// The retention of a store that is not told another.
pub(crate) const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// Refuses a retention too short for the default TTL, or longer than a week.
pub(crate) fn check_retention(retention: Duration) -> Result<(), Error> {
    let allowed = Duration::from_secs(600)..=Duration::from_secs(7 * 24 * 60 * 60);
    if allowed.contains(&retention) {
        return Ok(());
    }
    Err(Error::Setting {
        what: "retention",
        allowed: "10 minutes to 7 days",
    })
}
