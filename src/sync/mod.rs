//! Locks, atomics and tasks, in one module so that the schedule checker can replace them.

mod queue;
mod shards;

pub(crate) use queue::Queues;
pub(crate) use shards::Shards;

#[cfg(not(all(test, shuttle)))]
mod chosen {
    pub(crate) use std::hash::RandomState;
    pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError, atomic};
    pub(crate) use tokio::time::sleep;

    /// Starts a task, if there is a runtime.
    pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(task);
        }
    }

    /// The number of shards of a map.
    pub(crate) const SHARDS: usize = 64;
}

#[cfg(all(test, shuttle))]
mod chosen {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    pub(crate) use shuttle::sync::{Mutex, MutexGuard, PoisonError, atomic};

    /// Deterministic, so that a schedule can be repeated.
    pub(crate) type RandomState = BuildHasherDefault<DefaultHasher>;
    pub(crate) const SHARDS: usize = 2;

    pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        drop(shuttle::future::spawn(task));
    }

    pub(crate) async fn sleep(_: std::time::Duration) {
        shuttle::future::yield_now().await;
    }
}

pub(crate) use chosen::*;

/// Runs a case under as many schedules as `SCHEDULES` says, drawn from the seed `SEED`.
#[cfg(all(test, shuttle))]
#[track_caller]
pub(crate) fn check(case: impl Fn() + Send + Sync + 'static) {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text: String| text.parse().ok())
    };
    let schedules = number("SCHEDULES").unwrap_or(2_000);
    let seed = number("SEED").unwrap_or(1);
    let case = std::sync::Arc::new(case);
    let again = std::sync::Arc::clone(&case);
    shuttle::check_random_with_seed(move || case(), seed, schedules as usize);
    let scheduler = shuttle::scheduler::PctScheduler::new_from_seed(seed, 3, schedules as usize);
    shuttle::Runner::new(scheduler, shuttle::Config::default()).run(move || again());
}
