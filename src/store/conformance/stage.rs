//! Where a behaviour is shown: a thread and a runtime of its own, so that none can spoil the next.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::behaviour::Behaviour;
use super::capability::Capability;
use super::fixture::Fixture;
use super::pace::Pace;
use super::trial::Trial;
use super::violation::{Verdict, Violation};

/// How long a fixture may take, and then a behaviour, whole retentions of a paused clock apart.
const LIMIT: Duration = Duration::from_secs(60);

/// How long their thread is waited for: longer than both, so that only one that is blocked is left behind.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) fn show<F: Fixture + 'static>(
    behaviour: &'static Behaviour,
    fixture: &Arc<impl AsyncFn() -> F + Send + Sync + 'static>,
    can: &[Capability],
) -> Verdict {
    let paused = can.contains(&Capability::PausedClock);
    let tokens = can.contains(&Capability::Tokens);
    let mut pace = Arc::new(Pace::first());
    loop {
        let (fixture, at) = (Arc::clone(fixture), Arc::clone(&pace));
        let shown = on_thread(PATIENCE, move || {
            on_runtime(behaviour, &*fixture, paused, tokens, &at)
        });
        match (shown, pace.slower()) {
            (Ok(Err(_)), Some(slower)) => pace = Arc::new(slower),
            (Ok(verdict), _) => return verdict,
            (Err(stopped), _) => return Err(stopped),
        }
    }
}

/// What comes of it on a thread of its own, which is left behind where it does not end.
fn on_thread<T: Send + 'static>(
    patience: Duration,
    show: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Violation> {
    let (tell, told) = channel();
    let thread = thread::spawn(move || tell.send(show()));
    let why = match told.recv_timeout(patience) {
        Ok(shown) => return Ok(shown),
        Err(RecvTimeoutError::Timeout) => {
            format!("it has blocked its thread for {patience:?}, and is left behind")
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => format!("it panicked: {}", said(&*panic)),
            Ok(_) => "it ended without a word".to_owned(),
        },
    };
    Err(Violation::new(why))
}

fn on_runtime<F: Fixture + 'static>(
    behaviour: &Behaviour,
    fixture: &impl AsyncFn() -> F,
    paused: bool,
    tokens: bool,
    pace: &Arc<Pace>,
) -> Verdict {
    let runtime = runtime(paused)
        .map_err(|why| Violation::new(format!("there is no runtime to show it on: {why}")))?;
    let late = |limit: Duration| Violation::new(format!("it was not over after {limit:?}"));
    let verdict = runtime.block_on(async {
        let fixture = timeout(LIMIT, fixture()).await.map_err(|_| late(LIMIT))?;
        let trial = Trial::on(fixture, Arc::clone(pace));
        if trial.store().tokens().is_some() != tokens {
            return Err(Violation::new(match tokens {
                true => "the store keeps no tokens: remove `Tokens` from its capabilities",
                false => "the store keeps tokens: add `Tokens` to its capabilities",
            }));
        }
        let limit = LIMIT
            + if paused {
                trial.store().retention()
            } else {
                Duration::ZERO
            };
        timeout(limit, (behaviour.show)(trial))
            .await
            .unwrap_or_else(|_| Err(late(limit)))
    });
    // Without waiting for what may hang.
    runtime.shutdown_background();
    verdict
}

/// A paused clock wants a single thread; where time is real, so is what happens at once.
fn runtime(paused: bool) -> std::io::Result<Runtime> {
    match paused {
        true => Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build(),
        false => Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build(),
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is no text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use crate::store::conformance::{BEHAVIOURS, prove};

    #[test]
    fn a_thread_that_is_blocked_is_left_behind() {
        let mutex = Arc::new(std::sync::Mutex::new(()));
        let held = mutex.lock().unwrap();
        let blocked = Arc::clone(&mutex);
        let fixture = Arc::new(async move || {
            drop(blocked.lock());
            MemoryStore::new()
        });
        let shown = on_thread(Duration::from_millis(50), move || {
            on_runtime(
                &BEHAVIOURS[0],
                &*fixture,
                true,
                true,
                &Arc::new(Pace::first()),
            )
        });
        assert_eq!(
            shown,
            Err(Violation::new(
                "it has blocked its thread for 50ms, and is left behind"
            ))
        );
        drop(held);
    }

    #[test]
    fn a_fixture_that_never_comes_is_not_waited_for() {
        let never = async || std::future::pending::<MemoryStore>().await;
        let can = [Capability::PausedClock, Capability::Tokens];
        let shown = prove(BEHAVIOURS[0].name, never, &can)
            .unwrap_err()
            .to_string();
        assert!(shown.starts_with("it was not over after 60s"), "{shown}");
    }
}
