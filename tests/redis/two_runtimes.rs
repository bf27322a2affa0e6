//! One store, several runtimes: each is driven only while something is awaited on it, as in a
//! program that calls `block_on` for every message. None waits for what another has begun.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use harness::command::{disconnect_others, statistic};
use harness::desk::{Manager, apply, message, user};
use harness::server::Server;
use harness::sessions::{self, load, within, write};
use harness::tokens::{Api, expiring};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};
use vimbiso_state::{RedisStore, StateStore};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server, a store that the first of two runtimes has connected, and both runtimes.
fn world() -> (Server, RedisStore, [Runtime; 2]) {
    let server = Server::start();
    let runtimes = [runtime(), runtime()];
    let connect = RedisStore::connect(server.url());
    let store = runtimes[0].block_on(connect).unwrap();
    (server, store, runtimes)
}

/// How many connections the server has accepted, with those that ask.
fn connections(server: &Server) -> u64 {
    runtime().block_on(async {
        let mut redis = server.raw().await;
        statistic(&mut redis, "total_connections_received").await
    })
}

#[test]
fn calls_by_turns_cost_no_waiting() {
    let (server, store, runtimes) = world();
    let manager = Manager::new(store.clone());
    let api = Api::new();
    let before = connections(&server);
    let began = Instant::now();
    for turn in 0..20 {
        for (n, runtime) in runtimes.iter().enumerate() {
            runtime.block_on(async {
                load(&store).await;
                let id = format!("{turn} on {n}");
                let handled = manager.handle(&user(1), &message(&id), apply(&id)).await;
                assert!(!handled.unwrap().is_duplicate());
                let token = expiring(3600, turn);
                api.take(&token);
                let id = user(1);
                manager.set_jwt_token(&id, &token).await.unwrap();
                let used = manager.with_token(&id, &api, |token| api.ask(token));
                assert_eq!(used.await.unwrap(), token.expose());
                manager.clear_jwt_token(&id).await.unwrap();
                manager.delete(&user(2)).await.unwrap();
            });
        }
    }
    // Each call after a change of runtimes took 500 ms or failed: 20 s at least.
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    // The second runtime's, and the one that asks.
    assert_eq!(connections(&server) - before, 2);
}

#[test]
fn first_tokens_by_turns_cost_no_waiting() {
    let (_server, store, runtimes) = world();
    let manager = Manager::new(store);
    let api = Api::new();
    let began = Instant::now();
    for turn in 0..20 {
        for (n, runtime) in runtimes.iter().enumerate() {
            let id = user(2 * turn + n);
            let used = manager.with_token(&id, &api, |token| api.ask(token));
            runtime.block_on(used).unwrap();
        }
    }
    assert_eq!(api.issued(), 40);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn attempt_left_on_a_runtime_holds_up_no_other() {
    let (mut server, store, [first, second]) = world();
    first.block_on(load_once(&store));
    server.kill();
    // The attempt to connect, and the pause before the next, stay on the first runtime.
    for _ in 0..3 {
        let late = within(Duration::from_millis(50));
        let failed = first.block_on(async { store.load(&sessions::user(), None, late).await });
        assert!(failed.is_err());
    }
    server.restart();
    let loaded = second.block_on(async {
        let deadline = within(Duration::from_secs(2));
        store.load(&sessions::user(), None, deadline).await
    });
    loaded.unwrap();
    // So does an attempt that a caller gave up.
    server.kill();
    let given_up = first.block_on(timeout_of_a_load(&store));
    assert!(given_up.is_err());
    server.restart();
    second.block_on(load_once(&store));
    first.block_on(load_once(&store));
}

async fn load_once(store: &RedisStore) {
    load(store).await;
}

async fn timeout_of_a_load(store: &RedisStore) -> Result<(), tokio::time::error::Elapsed> {
    timeout(Duration::from_millis(20), load_once(store)).await
}

#[test]
fn connection_closed_meanwhile_fails_no_delete() {
    let (server, store, [first, second]) = world();
    let manager = Manager::new(store.clone());
    for _ in 0..3 {
        first.block_on(load_once(&store));
        second.block_on(async { disconnect_others(&mut server.raw().await).await });
        std::thread::sleep(Duration::from_millis(1100));
        // Neither is ever sent twice, so the connection must be known to be lost before.
        first.block_on(async {
            manager.delete(&user(1)).await.unwrap();
        });
        first.block_on(load_once(&store));
        second.block_on(async { disconnect_others(&mut server.raw().await).await });
        std::thread::sleep(Duration::from_millis(1100));
        let token = expiring(3600, 1);
        let set = first.block_on(async { manager.set_jwt_token(&user(1), &token).await });
        set.unwrap();
    }
}

#[test]
fn call_that_was_not_driven_keeps_the_connection() {
    let (server, store, [first, _second]) = world();
    first.block_on(async { write(&store, "{}").await });
    let before = connections(&server);
    for _ in 0..3 {
        // Handed to the connection, and left before that has written it.
        let mut left = pin!(load_once(&store));
        first.block_on(poll_fn(|context| {
            assert!(left.as_mut().poll(context).is_pending());
            Poll::Ready(())
        }));
        std::thread::sleep(Duration::from_millis(1200));
        first.block_on(left);
    }
    assert_eq!(connections(&server) - before, 1, "only the one that asks");
}

#[test]
fn ended_runtime_leaves_no_connection_and_no_attempt() {
    let (mut server, store, [first, second]) = world();
    second.block_on(load_once(&store));
    for _ in 0..5 {
        runtime().block_on(load_once(&store));
    }
    drop(first);
    let clients: u64 = second.block_on(async {
        let mut redis = server.raw().await;
        sleep(Duration::from_millis(50)).await;
        let list: String = harness::command::run(&mut redis, "CLIENT LIST").await;
        list.lines().count() as u64
    });
    assert_eq!(clients, 2, "the second runtime's, and the one that asks");

    server.kill();
    for _ in 0..3 {
        let ending = runtime();
        assert!(ending.block_on(timeout_of_a_load(&store)).is_err());
    }
    server.restart();
    second.block_on(load_once(&store));
    runtime().block_on(load_once(&store));
}

#[test]
fn task_left_on_a_runtime_holds_up_no_other_user() {
    let (_server, store, [first, second]) = world();
    let manager = Manager::new(store);
    first.block_on(async {
        let manager = manager.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let id = format!("left {n}");
                let _ = manager.handle(&user(1), &message(&id), apply(&id)).await;
            }
        });
        let _ = timeout(Duration::from_millis(30), pending::<()>()).await;
    });
    // The other user's turns do not wait, and this user's wait for their deadline at most.
    let began = Instant::now();
    second.block_on(async {
        let handled = manager.handle(&user(2), &message("a"), apply("a")).await;
        let _ = handled.unwrap();
        let _ = manager.handle(&user(1), &message("b"), apply("b")).await;
    });
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}
