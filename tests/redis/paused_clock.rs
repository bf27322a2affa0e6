//! A clock that a test has paused, and a real server.

use std::sync::mpsc;
use std::time::Duration;

use harness::assert_matches;
use harness::server::Server;
use harness::sessions::{data, write};
use vimbiso_state::{Error, RedisStore, StoreError};

#[tokio::test(start_paused = true)]
async fn connect_says_that_the_clock_is_paused() {
    let server = Server::start();
    // A server that answers at once may be faster than the clock that runs ahead.
    server.freeze();
    let error = RedisStore::connect(server.url()).await.unwrap_err();
    assert!(
        error.to_string().contains("tokio's clock is paused"),
        "{error}"
    );
    assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
}

#[tokio::test(start_paused = true)]
async fn clock_that_is_held_works_with_a_server() {
    let server = Server::start();
    // While a blocking task runs, a paused clock moves only if it is told to.
    let (release, held) = mpsc::channel::<()>();
    let hold = tokio::task::spawn_blocking(move || held.recv());
    let store = RedisStore::connect(server.url()).await.unwrap();
    write(&store, r#"{"a":1}"#).await;
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"a":1}"#));
    drop(release);
    assert!(hold.await.unwrap().is_err());
}
