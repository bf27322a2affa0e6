//! Two processes, 64 tasks each, one user, three messages in ten delivered twice: every message takes effect once.

use std::process::{Command, Stdio};
use std::time::Duration;

use harness::server::Server;
use vimbiso_state::RedisStore;

use crate::deliveries::{assert_once, work};

/// Not a test of its own: the second process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the second process of the test below, which starts it"]
async fn the_second_process() {
    let url = std::env::var("SECOND_PROCESS_URL").expect("this is started by the test below");
    println!(
        "effects={}",
        work(RedisStore::connect(url).await.unwrap(), 1).await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_takes_effect_once() {
    let server = Server::start();
    let url = server.url();
    let other = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "two_processes::the_second_process",
            "--ignored",
            "--nocapture",
        ])
        .env("SECOND_PROCESS_URL", &url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut redis = server.raw().await;
    let thrown_out = tokio::spawn(async move {
        // Now and then, everybody loses their connection in the middle of it.
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let mut kill = redis::cmd("CLIENT");
            kill.arg("KILL")
                .arg("TYPE")
                .arg("normal")
                .arg("SKIPME")
                .arg("yes");
            let _: Result<u64, _> = kill.query_async(&mut redis).await;
        }
    });
    let here = work(RedisStore::connect(url.as_str()).await.unwrap(), 0).await;
    let other = tokio::task::spawn_blocking(move || other.wait_with_output().unwrap())
        .await
        .unwrap();
    thrown_out.abort();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(other.status.success(), "{said}");
    let there: u32 = said
        .split("effects=")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap();
    assert_once(RedisStore::connect(url).await.unwrap(), here + there).await;
    assert!(here > 0 && there > 0, "both work: {here} {there}");
}
