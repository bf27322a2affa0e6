//! Links: one for each runtime, as long as the runtime lives.

use tokio::runtime::{Builder, Runtime};

use super::*;

/// A server that refuses connections.
fn down() -> Connection {
    Connection::new(Target::at("redis://127.0.0.1:1"), Duration::from_secs(1))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn links(connection: &Connection) -> usize {
    match &*connection.0 {
        Inner::Made { links, .. } => lock(links).len(),
        Inner::HandedIn(_) => 0,
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_before_its_time() {
    let connection = down();
    for failures in 1..9 {
        assert!(connection.try_open(soon()).await.is_err());
        assert_eq!(connection.failures(), failures);
        let now = Instant::now();
        assert!(connection.try_open(soon()).await.is_err());
        assert_eq!(connection.failures(), failures, "a second attempt was made");
        assert_eq!(Instant::now(), now, "the second call waited");
        tokio::time::advance(Duration::from_millis(500)).await;
    }
}

#[test]
fn a_link_ends_with_its_runtime() {
    let connection = down();
    let open = || async { connection.try_open(soon()).await.is_err() };
    let first = runtime();
    let second = runtime();
    for runtime in [&first, &second, &first] {
        assert!(runtime.block_on(open()));
    }
    assert_eq!(links(&connection), 2);
    drop(first);
    assert_eq!(links(&connection), 1);
    second.shutdown_background();
    assert_eq!(links(&connection), 0);
}

#[test]
fn a_runtime_that_ends_makes_no_link() {
    let connection = down();
    let (begin, begun) = std::sync::mpsc::channel();
    let (tell, told) = std::sync::mpsc::channel();
    let ending = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let late = connection.clone();
    ending.spawn(async move {
        begun.recv().unwrap(); // keeps its thread until the runtime is closed for new tasks
        if let Inner::Made { server, links } = &*late.0 {
            late.link(server, links);
        }
        tell.send(()).unwrap();
    });
    std::thread::sleep(Duration::from_millis(100));
    ending.shutdown_background();
    std::thread::sleep(Duration::from_millis(200));
    begin.send(()).unwrap();
    let done = told.recv_timeout(Duration::from_secs(10));
    assert!(done.is_ok(), "it waits for a lock that it holds");
    assert_eq!(links(&connection), 0);
}

#[test]
fn one_runtime_too_many_replaces_the_idlest() {
    let connection = down();
    let open = || async { connection.try_open(soon()).await.is_err() };
    let runtimes: Vec<_> = (0..=MAX_RUNTIMES).map(|_| runtime()).collect();
    for runtime in &runtimes {
        // The failure of the one before is known on this one, and puts its attempt off.
        std::thread::sleep(Duration::from_millis(1));
        assert!(runtime.block_on(open()));
    }
    assert_eq!(links(&connection), MAX_RUNTIMES);
    // The runtime of the dropped link makes another, and the end of its first task does no harm.
    for runtime in runtimes.iter().take(2) {
        assert!(runtime.block_on(open()));
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(links(&connection), MAX_RUNTIMES);
    }
}

#[test]
fn a_new_runtime_knows_the_last_failure() {
    let connection = down();
    let failures = || async {
        let _ = connection.try_open(soon()).await;
        connection.failures()
    };
    let first = runtime();
    let mut failed = 0;
    while failed < 6 {
        failed = first.block_on(failures());
    }
    // Its own attempt would be at once, and the first failure.
    let now = Instant::now();
    let on_another = runtime().block_on(failures());
    assert_eq!(on_another, 6, "after {:?}", now.elapsed());
}

#[test]
fn an_attempt_that_is_left_holds_up_no_other_runtime() {
    // Accepts connections, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let connection = Connection::new(Target::at(&url), Duration::from_millis(200));
    let left = runtime();
    let begun = Instant::now() + Duration::from_millis(20);
    assert!(left.block_on(connection.open(begun)).is_err());
    // The attempt would end after 200 ms if its runtime were driven.
    std::thread::sleep(Duration::from_millis(300));
    let opened = runtime().block_on(connection.try_open(soon()));
    assert!(opened.is_err(), "an attempt of its own failed");
    assert_eq!(
        silent.accept().and(silent.accept()).map(drop).ok(),
        Some(())
    );
}
