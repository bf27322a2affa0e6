//! How long a short lifetime is, so that a slow store is not taken for a wrong one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The unit of time of a case, and how slow the store was.
///
/// On a real clock, a slow call on a busy machine can make a session look expired too early. A case
/// that fails after a slow call runs again with a longer unit.
#[derive(Debug)]
pub(super) struct Clock {
    short: Duration,
    /// Whether the case asked for the unit, so that time matters to it.
    used: AtomicBool,
    slowest_micros: AtomicU64,
}

impl Clock {
    const FIRST: Duration = Duration::from_millis(300);
    const LAST: Duration = Duration::from_millis(2400);

    pub(super) fn first() -> Self {
        Self::with_unit(Self::FIRST)
    }

    fn with_unit(short: Duration) -> Self {
        Self {
            short,
            used: AtomicBool::new(false),
            slowest_micros: AtomicU64::new(0),
        }
    }

    /// The lifetime of something that must expire during the case.
    pub(super) fn short(&self) -> Duration {
        self.used.store(true, Ordering::Relaxed);
        self.short
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        let end = Instant::now() + duration;
        sleep(duration).await;
        self.note(end.elapsed());
    }

    /// Awaits a call and notes how long it took.
    pub(super) async fn timed<T>(&self, call: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let answer = call.await;
        self.note(start.elapsed());
        answer
    }

    fn note(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.slowest_micros.fetch_max(micros, Ordering::Relaxed);
    }

    /// A clock with a longer unit for another run, if time matters to the case and a call took an
    /// eighth of the unit or more.
    pub(super) fn slower(&self) -> Option<Self> {
        let slowest = Duration::from_micros(self.slowest_micros.load(Ordering::Relaxed));
        let too_slow = self.used.load(Ordering::Relaxed) && slowest > self.short / 8;
        (too_slow && self.short < Self::LAST).then(|| Self::with_unit(self.short * 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn slow_call_asks_for_a_longer_unit() {
        let clock = Clock::first();
        clock.timed(sleep(Duration::from_millis(100))).await;
        assert!(clock.slower().is_none(), "time does not matter yet");
        let short = clock.short();
        assert_eq!(clock.slower().unwrap().short(), short * 2);
    }
}
