//! Where a behaviour is shown: a thread and a runtime of its own, so that none can spoil the next.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::behaviour::Behaviour;
use super::capability::Capability;
use super::fixture::Fixture;
use super::pace::Pace;
use super::trial::Trial;
use super::violation::{Verdict, Violation};

/// How long a behaviour may take, whole retentions apart.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn show<F: Fixture + 'static>(
    behaviour: &Behaviour,
    fixture: &(impl AsyncFn() -> F + Sync),
    can: &[Capability],
) -> Verdict {
    let paused = can.contains(&Capability::PausedClock);
    let mut pace = Arc::new(Pace::first());
    loop {
        let shown = std::thread::scope(|scope| scope.spawn(|| on_runtime(behaviour, fixture, paused, &pace)).join());
        match (shown, pace.slower()) {
            (Ok(Err(_)), Some(slower)) => pace = Arc::new(slower),
            (Ok(verdict), _) => return verdict,
            (Err(panic), _) => return Err(Violation::new(format!("it panicked: {}", said(&*panic)))),
        }
    }
}

fn on_runtime<F: Fixture + 'static>(
    behaviour: &Behaviour,
    fixture: &impl AsyncFn() -> F,
    paused: bool,
    pace: &Arc<Pace>,
) -> Verdict {
    let runtime = runtime(paused).map_err(|why| Violation::new(format!("there is no runtime to show it on: {why}")))?;
    let verdict = runtime.block_on(async {
        let trial = Trial::on(fixture().await, Arc::clone(pace));
        let limit = LIMIT + if paused { trial.store().retention() } else { Duration::ZERO };
        let late = |_| Err(Violation::new(format!("it was not over after {limit:?}")));
        timeout(limit, (behaviour.show)(trial)).await.unwrap_or_else(late)
    });
    // Without waiting for what may hang.
    runtime.shutdown_background();
    verdict
}

/// A paused clock wants a single thread; where time is real, so is what happens at once.
fn runtime(paused: bool) -> std::io::Result<Runtime> {
    match paused {
        true => Builder::new_current_thread().enable_all().start_paused(true).build(),
        false => Builder::new_multi_thread().worker_threads(4).enable_all().build(),
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("something that is no text")
}
