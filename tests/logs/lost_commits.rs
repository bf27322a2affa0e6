//! What the log says of a store that has lost commits.

use std::time::Duration;

use harness::desk::{Manager, deliver, user};
use harness::log::Log;
use tokio::time::advance;
use vimbiso_state::MemoryStore;

use crate::paused_runtime;

const WARNING: &str = "Session went back";

async fn commit(manager: &Manager, ids: &[&str]) {
    for id in ids {
        let _ = deliver(manager, &user(1), id).await;
    }
}

/// What is logged while a worker that has committed three messages commits a fourth, after
/// `meddle`.
fn logged<M: Future<Output = ()>>(meddle: impl FnOnce(Manager) -> M) -> String {
    let log = Log::default();
    log.capture(|| {
        paused_runtime().block_on(async {
            let store = MemoryStore::new();
            let ours = Manager::new(store.clone());
            let other = Manager::new(store);
            commit(&ours, &["a", "b", "c"]).await;
            meddle(other).await;
            commit(&ours, &["d"]).await;
        });
    });
    log.text()
}

#[test]
fn session_that_went_back_is_reported_discreetly() {
    let fewer = logged(|other| async move {
        other.delete(&user(1)).await.unwrap();
        commit(&other, &["canary"]).await;
    });
    let as_many = logged(|other| async move {
        other.delete(&user(1)).await.unwrap();
        commit(&other, &["canary", "x", "y"]).await;
    });
    let nothing = logged(|other| async move { other.delete(&user(1)).await.unwrap() });
    for (log, to) in [(fewer, 1), (as_many, 3), (nothing, 0)] {
        let line = log
            .lines()
            .find(|line| line.contains(WARNING))
            .unwrap_or_else(|| panic!("no warning: {log}"));
        for part in ["WARN", "from=3", &format!("to={to}"), "UserId(263…01)"] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!log.contains("canary"), "{log}");
        assert!(!log.contains(user(1).expose()), "{log}");
    }
}

#[test]
fn session_that_went_on_or_expired_is_not_reported() {
    let went_on = logged(|other| async move { commit(&other, &["x"]).await });
    let expired = logged(|_| advance(Duration::from_secs(301)));
    let outlived = logged(|_| advance(Duration::from_secs(3 * 24 * 60 * 60)));
    for log in [went_on, expired, outlived] {
        assert!(log.contains("Updating state"), "{log}");
        assert!(!log.contains(WARNING), "{log}");
    }
}
