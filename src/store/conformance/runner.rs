//! Runs one behaviour: on a thread and a runtime of its own, so that it cannot disturb the next
//! one.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::behaviour::Behaviour;
use super::capability::Capability;
use super::case::Case;
use super::clock::Clock;
use super::fixture::Fixture;
use super::violation::{CaseResult, Violation};

/// The time limit of a fixture, and of a behaviour. A behaviour on a paused clock has one retention
/// more.
const LIMIT: Duration = Duration::from_secs(60);

/// The time limit of a thread. Longer than both others together: only a blocked thread reaches it.
const THREAD_LIMIT: Duration = Duration::from_secs(180);

/// Runs a behaviour, and runs it again on a slower clock if it failed because the store is slow.
pub(super) fn run<F: Fixture + 'static>(
    behaviour: &'static Behaviour,
    fixture: &Arc<impl AsyncFn() -> F + Send + Sync + 'static>,
    can: &[Capability],
) -> CaseResult {
    let can: Arc<[Capability]> = can.into();
    let mut clock = Arc::new(Clock::first());
    loop {
        let result = {
            let fixture = Arc::clone(fixture);
            let can = Arc::clone(&can);
            let clock = Arc::clone(&clock);
            on_thread(THREAD_LIMIT, move || {
                on_runtime(behaviour, &*fixture, &can, &clock)
            })
        };
        match (result, clock.slower()) {
            (Ok(Err(_)), Some(slower)) => clock = Arc::new(slower),
            (Ok(result), _) => return result,
            (Err(stopped), _) => return Err(stopped),
        }
    }
}

/// Runs something on a thread of its own. A thread that reaches the limit is left running.
fn on_thread<T: Send + 'static>(
    limit: Duration,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Violation> {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || sender.send(run()));
    let why = match receiver.recv_timeout(limit) {
        Ok(result) => return Ok(result),
        Err(RecvTimeoutError::Timeout) => {
            format!("blocked its thread for {limit:?}; the thread is left running")
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => format!("panicked: {}", panic_message(&*panic)),
            Ok(_) => "ended without a result".to_owned(),
        },
    };
    Err(Violation::new(why))
}

fn on_runtime<F: Fixture + 'static>(
    behaviour: &Behaviour,
    fixture: &impl AsyncFn() -> F,
    can: &[Capability],
    clock: &Arc<Clock>,
) -> CaseResult {
    let paused = can.contains(&Capability::PausedClock);
    let runtime =
        runtime(paused).map_err(|why| Violation::new(format!("cannot start a runtime: {why}")))?;
    let late = |limit: Duration| Violation::new(format!("did not end within {limit:?}"));
    let result = runtime.block_on(async {
        let fixture = timeout(LIMIT, fixture()).await.map_err(|_| late(LIMIT))?;
        let case = Case::new(fixture, Arc::clone(clock));
        check_capabilities(&case, can)?;
        let limit = match paused {
            true => LIMIT + case.store().retention(),
            false => LIMIT,
        };
        timeout(limit, (behaviour.run)(case))
            .await
            .unwrap_or_else(|_| Err(late(limit)))
    });
    // Does not wait for tasks that may hang.
    runtime.shutdown_background();
    result
}

/// The capabilities that the store itself shows. A mistake would leave out a third of the suite.
fn check_capabilities(case: &Case, can: &[Capability]) -> CaseResult {
    let store = case.store();
    for (what, is_kept, capability) in [
        ("tokens", store.tokens().is_some(), Capability::Tokens),
        ("outboxes", store.outbox().is_some(), Capability::Outbox),
    ] {
        let why = match (is_kept, can.contains(&capability)) {
            (true, false) => {
                format!("the store keeps {what}: add `{capability}` to its capabilities")
            }
            (false, true) => {
                format!("the store keeps no {what}: remove `{capability}` from its capabilities")
            }
            (true, true) | (false, false) => continue,
        };
        return Err(Violation::new(why));
    }
    Ok(())
}

/// A paused clock needs a single thread. On a real clock, concurrent calls run on several threads.
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

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the message is not a text")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::MemoryStore;
    use crate::store::conformance::{BEHAVIOURS, run_one};

    const CAN: [Capability; 3] = [
        Capability::PausedClock,
        Capability::Tokens,
        Capability::Outbox,
    ];

    #[test]
    fn blocked_thread_is_left_running() {
        let mutex = Arc::new(Mutex::new(()));
        let held = mutex.lock().unwrap();
        let blocked = Arc::clone(&mutex);
        let fixture = Arc::new(async move || {
            drop(blocked.lock());
            MemoryStore::new()
        });
        let result = on_thread(Duration::from_millis(50), move || {
            on_runtime(&BEHAVIOURS[0], &*fixture, &CAN, &Arc::new(Clock::first()))
        });
        let expected = "blocked its thread for 50ms; the thread is left running";
        assert_eq!(result, Err(Violation::new(expected)));
        drop(held);
    }

    #[test]
    fn fixture_that_hangs_breaks_the_behaviour() {
        let hangs = async || std::future::pending::<MemoryStore>().await;
        let result = run_one(BEHAVIOURS[0].name, hangs, &CAN);
        let why = result.unwrap_err().to_string();
        assert!(why.starts_with("did not end within 60s"), "{why}");
    }

    #[test]
    fn undeclared_capability_breaks_every_behaviour() {
        for (left_out, begins) in [
            (Capability::Tokens, "the store keeps tokens: add"),
            (Capability::Outbox, "the store keeps outboxes: add"),
        ] {
            let can: Vec<_> = CAN.into_iter().filter(|can| *can != left_out).collect();
            let result = run_one(BEHAVIOURS[0].name, async || MemoryStore::new(), &can);
            let why = result.unwrap_err().to_string();
            assert!(why.starts_with(begins), "{why}");
        }
    }
}
