//! How long a short life is: long enough for a slow store to be seen alive in it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The pace of a trial: its unit of time, and whether the store kept up.
///
/// On a real clock, a store that takes its time for a call, on a machine that has other things to do, would be taken for one
/// that lets a session expire too early. Such a trial is held again, slower.
#[derive(Debug)]
pub(super) struct Pace {
    short: Duration,
    asked: AtomicBool,
    slowest: AtomicU64,
}

impl Pace {
    const FIRST: Duration = Duration::from_millis(300);
    const LAST: Duration = Duration::from_millis(2400);

    pub(super) fn first() -> Self {
        Self::of(Self::FIRST)
    }

    fn of(short: Duration) -> Self {
        Self {
            short,
            asked: AtomicBool::new(false),
            slowest: AtomicU64::new(0),
        }
    }

    /// The life of what is to expire while the behaviour looks on.
    pub(super) fn short(&self) -> Duration {
        self.asked.store(true, Ordering::Relaxed);
        self.short
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        let end = Instant::now() + duration;
        sleep(duration).await;
        self.took(end.elapsed());
    }

    pub(super) async fn timed<T>(&self, call: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let answer = call.await;
        self.took(began.elapsed());
        answer
    }

    fn took(&self, time: Duration) {
        self.slowest.fetch_max(
            u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    /// A slower pace to try again at, if time mattered and something took a good part of it. What has nothing to do with time
    /// gets no second chance.
    pub(super) fn slower(&self) -> Option<Self> {
        let slowest = Duration::from_micros(self.slowest.load(Ordering::Relaxed));
        let too_slow = self.asked.load(Ordering::Relaxed) && slowest > self.short / 8;
        (too_slow && self.short < Self::LAST).then(|| Self::of(self.short * 2))
    }
}
