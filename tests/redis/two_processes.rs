//! Two processes with 64 tasks each, one user, and three messages in ten delivered twice: every
//! message takes effect once.

use std::process::{Command, Stdio};
use std::time::Duration;

use harness::command::disconnect_others;
use harness::server::Server;
use vimbiso_state::RedisStore;

use crate::deliveries::{assert_once, work};

/// Not a test of its own: the second process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the second process of the test below, which starts it"]
async fn the_second_process() {
    let url = std::env::var("SECOND_PROCESS_URL").expect("this is started by the test below");
    let store = RedisStore::connect(url).await.unwrap();
    println!("effects={}", work(store, 1).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_takes_effect_once() {
    let server = Server::start();
    let url = server.url();
    let second = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "two_processes::the_second_process"])
        .args(["--ignored", "--nocapture"])
        .env("SECOND_PROCESS_URL", &url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut redis = server.raw().await;
    // Meanwhile, all connections are closed again and again.
    let disconnects = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            disconnect_others(&mut redis).await;
        }
    });
    let here = work(RedisStore::connect(url.as_str()).await.unwrap(), 0).await;
    let second = tokio::task::spawn_blocking(move || second.wait_with_output().unwrap());
    let second = second.await.unwrap();
    assert!(!disconnects.is_finished());
    disconnects.abort();
    let output = String::from_utf8_lossy(&second.stdout);
    assert!(second.status.success(), "{output}");
    let there: u32 = output
        .split("effects=")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap();
    assert_once(RedisStore::connect(url).await.unwrap(), here + there).await;
    assert!(here > 0 && there > 0, "both work: {here}, {there}");
}
