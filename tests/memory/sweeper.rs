//! One task a store frees what expires, and ends when there is nothing to free.

use std::time::Duration;

use harness::desk::{Manager, deliver, user};
use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;
use vimbiso_state::MemoryStore;

const TWO_SWEEPS: Duration = Duration::from_secs(10);

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn one_sweeper_runs_while_the_store_holds_users() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for round in 0..2 {
        for n in 0..10 {
            let _ = deliver(&manager, &user(n), &round.to_string()).await;
        }
        sleep(TWO_SWEEPS).await;
        assert_eq!(tasks(), 1);
        for n in 0..10 {
            manager.delete(&user(n)).await.unwrap();
        }
        sleep(TWO_SWEEPS).await;
        assert_eq!(store.len(), 0);
        assert_eq!(tasks(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn sweeper_of_a_dropped_store_ends() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let _ = deliver(&manager, &user(0), "a").await;
    assert_eq!(tasks(), 1);
    drop(manager);
    drop(store);
    sleep(TWO_SWEEPS).await;
    assert_eq!(tasks(), 0);
}

#[test]
fn store_serves_one_runtime_after_another() {
    let store = MemoryStore::new();
    for id in ["a", "b"] {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let manager = Manager::new(store.clone());
        runtime.block_on(async {
            let _ = deliver(&manager, &user(1), id).await;
        });
        assert_eq!(runtime.metrics().num_alive_tasks(), 1, "the sweeper");
    }
    assert_eq!(store.len(), 1);
}
