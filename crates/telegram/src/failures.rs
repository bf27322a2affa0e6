//! Which updates keep failing, and since when.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use vimbiso_state::{Error, StoreError};

/// More fail only if everything fails, and then none is given up.
const MAX_UPDATES: usize = 1_024;

/// Kept by this process alone, so an update may be tried for longer if there are several.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<HashMap<i64, Instant>>);

impl Failures {
    /// Whether an update that has failed again is given up: it has failed for this long.
    pub(crate) fn is_over(&self, update: i64, error: &Error, give_up_after: Duration) -> bool {
        if concerns_all(error) {
            return false;
        }
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of updates that another process has handled since.
        if since.len() >= MAX_UPDATES {
            since.retain(|_, first| first.elapsed() <= give_up_after.saturating_mul(2));
        }
        if since.len() >= MAX_UPDATES && !since.contains_key(&update) {
            return false;
        }
        let first = *since.entry(update).or_insert_with(Instant::now);
        first.elapsed() >= give_up_after
    }

    pub(crate) fn forget(&self, update: i64) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.remove(&update);
    }
}

/// Whether the cause is the store and not the update. Telegram keeps updates for a day, so waiting
/// loses none.
fn concerns_all(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(
            StoreError::Unavailable { .. }
                | StoreError::Unknown { .. }
                | StoreError::OverCapacity { .. }
                | StoreError::Denied { .. }
                | StoreError::Misconfigured { .. }
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn update_is_given_up_for_its_own_error_alone() {
        let failures = Failures::default();
        let own = Error::host("no such product");
        let store = Error::from(StoreError::unavailable("no connection"));
        assert!(!failures.is_over(1, &own, LONG));
        assert!(failures.is_over(1, &own, Duration::ZERO));
        assert!(!failures.is_over(1, &store, Duration::ZERO));
        failures.forget(1);
        assert!(!failures.is_over(1, &own, LONG));
    }

    #[test]
    fn failures_that_are_kept_are_bounded() {
        let failures = Failures::default();
        for update in 0..5_000 {
            failures.is_over(update, &Error::host("broken"), Duration::MAX);
        }
        assert!(failures.0.lock().unwrap().len() <= MAX_UPDATES);
    }
}
