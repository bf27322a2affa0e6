//! A refresh runs on the runtime of the caller that began it. If that runtime is not driven any
//! more, or has ended, another caller takes over, and still there is one refresh at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::desk::{Desk, Manager, user};
use harness::tokens::{Api, expiring, put, stored};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};
use vimbiso_state::{MemoryStore, StateManager};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A manager whose refresh lease is 100 ms for the source and twice 100 ms for the store.
fn world() -> (MemoryStore, Manager, [Runtime; 2]) {
    let store = MemoryStore::new();
    let settings = StateManager::<Desk>::builder(store.clone())
        .deadline(Duration::from_millis(100))
        .source_timeout(Duration::from_millis(100));
    (store, settings.build().unwrap(), [runtime(), runtime()])
}

/// Begins a call, and leaves it and its refresh while the source is asked.
async fn begin_and_leave(manager: &Manager, api: &Arc<Api>) {
    let id = user(1);
    let call = manager.with_token(&id, api, |token| api.ask(token));
    assert!(timeout(Duration::from_millis(10), call).await.is_err());
    assert_eq!(api.issued(), 1, "the source was asked");
}

async fn call(manager: &Manager, api: &Arc<Api>) -> String {
    let id = user(1);
    let called = manager.with_token(&id, api, |token| api.ask(token));
    called.await.unwrap()
}

#[test]
fn refresh_left_on_a_runtime_is_taken_over() {
    let (store, manager, [first, second]) = world();
    let api = Api::slow(Duration::from_millis(40));
    first.block_on(begin_and_leave(&manager, &api));
    let began = Instant::now();
    let used = second.block_on(call(&manager, &api));
    let waited = began.elapsed();
    assert_eq!(api.issued(), 2, "the second caller asked itself");
    assert!(
        waited >= Duration::from_millis(200),
        "one at a time: {waited:?}"
    );
    // The wait for a refresh of another is 600 ms at most, and used to end in an error.
    assert!(waited < Duration::from_secs(3), "{waited:?}");

    // The first one goes on: it puts its token over no newer one, and takes no lease away.
    first.block_on(async { sleep(Duration::from_millis(100)).await });
    second.block_on(async {
        assert_eq!(stored(&store, &user(1)).await.as_ref(), Some(&used));
        assert_eq!(call(&manager, &api).await, used);
    });
    assert_eq!(first.block_on(call(&manager, &api)), used);
    assert_eq!(api.issued(), 2);
}

#[test]
fn early_refresh_left_behind_is_taken_over() {
    let (store, manager, [first, second]) = world();
    let api = Api::slow(Duration::from_millis(40));
    // It has a second of its two left, so the next one is asked for in the background.
    let old = expiring(1, 7);
    api.take(&old);
    first.block_on(async {
        put(&store, &user(1), &old).await;
        sleep(Duration::from_millis(850)).await;
        let _ = call(&manager, &api).await;
        sleep(Duration::from_millis(10)).await; // the source takes 40
    });
    std::thread::sleep(Duration::from_millis(400));
    let began = Instant::now();
    let used = second.block_on(call(&manager, &api));
    assert_ne!(used, old.expose());
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn refresh_of_an_ended_runtime_is_taken_over_at_once() {
    for background in [false, true] {
        let store = MemoryStore::new();
        let manager = Manager::new(store.clone());
        let api = Api::slow(Duration::from_millis(40));
        let first = runtime();
        first.block_on(begin_and_leave(&manager, &api));
        if background {
            first.shutdown_background();
        } else {
            drop(first);
        }
        let began = Instant::now();
        runtime().block_on(call(&manager, &api));
        // Its lease is 7 s, and it is this process's own.
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(api.issued(), 2);
    }
}

#[test]
fn refresh_is_awaited_from_another_runtime() {
    let manager = Manager::new(MemoryStore::new());
    let api = Api::slow(Duration::from_millis(100));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let manager = manager.clone();
            let api = Arc::clone(&api);
            std::thread::spawn(move || runtime().block_on(call(&manager, &api)))
        })
        .collect();
    let mut used: Vec<_> = callers.into_iter().map(|it| it.join().unwrap()).collect();
    used.dedup();
    assert_eq!(
        (used.len(), api.issued()),
        (1, 1),
        "one refresh for all threads"
    );
}

#[test]
fn waiter_left_on_a_runtime_holds_up_no_other() {
    let (_store, manager, [first, second]) = world();
    let api = Api::slow(Duration::from_millis(40));
    first.block_on(async {
        // The refresh of the first caller, and a second caller that waits for it.
        for _ in 0..2 {
            let id = user(1);
            let call = manager.with_token(&id, &api, |token| api.ask(token));
            assert!(timeout(Duration::from_millis(5), call).await.is_err());
        }
    });
    let third = runtime();
    for runtime in [&second, &third] {
        runtime.block_on(call(&manager, &api));
    }
    assert_eq!(api.issued(), 2);
}
