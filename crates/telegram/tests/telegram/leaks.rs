//! The token is in the path of each URL, and in no text of this crate.

use std::error::Error;
use std::time::Duration;

use harness::log::Log;
use tokio::net::TcpListener;
use tracing_subscriber::util::SubscriberInitExt as _;
use vimbiso_telegram::simulated::{Fault, SimulatedApi};
use vimbiso_telegram::{ApiError, Token};

use crate::world::{LONG, TOKEN, World, client, client_of};

fn secret() -> &'static str {
    TOKEN.split_once(':').unwrap().1
}

fn everything(error: &ApiError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(" {error} {error:?}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn no_error_shows_the_token() {
    let mut errors = Vec::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = client(&format!("http://{}", listener.local_addr().unwrap()));
    errors.push(silent.username().await.unwrap_err()); // a timeout
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    errors.push(client(&url).username().await.unwrap_err()); // refused
    errors.push(
        client("http://no-such-host.invalid")
            .username()
            .await
            .unwrap_err(),
    );
    let api = SimulatedApi::start(Token::new("1:x").unwrap())
        .await
        .unwrap();
    errors.push(client(&api.url()).username().await.unwrap_err()); // 401
    for error in &errors {
        assert!(!everything(error).contains(secret()), "{error}");
    }
    assert!(!format!("{silent:?}").contains(secret()));
}

/// Alone in its thread, so it sees the log of its own tasks.
#[tokio::test]
async fn no_log_shows_the_token() {
    let log = Log::default();
    // Also the records of libraries that use the crate `log`, such as the HTTP client.
    let _default = log.subscriber().set_default();
    let world = World::new().await;
    world
        .api
        .next([Fault::Status(500), Fault::LostAnswer, Fault::Blocked]);
    world.poll();
    world.api.write(42, "hi");
    world.texts(1).await;
    let refused = client_of(&world.api.url(), &format!("9:{}", secret()));
    refused.username().await.unwrap_err();
    world.api.write(42, "fail");
    let failed = async {
        while !log.text().contains("an update is tried again") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let failed = tokio::time::timeout(LONG, failed).await;
    let log = log.text();
    assert!(failed.is_ok(), "{log}");
    assert!(log.contains("the Bot API refused the token"), "{log}");
    assert!(!log.contains(secret()));
}
