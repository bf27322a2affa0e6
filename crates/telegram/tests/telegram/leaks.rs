//! The token is in the path of each URL, and in no text of this crate.

use std::error::Error;
use std::io::Write;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;
use vimbiso_telegram::simulated::{Fault, SimulatedApi};
use vimbiso_telegram::{ApiError, Token};

use crate::world::{LONG, TOKEN, World, client, client_of};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

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
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);
    // Records of libraries that use the crate `log`, such as the HTTP client.
    let _ = tracing_subscriber::util::SubscriberInitExt::try_init(
        tracing_subscriber::fmt()
            .with_writer(log.clone())
            .with_max_level(tracing::Level::TRACE),
    );
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
    assert!(world.api.all_confirmed(LONG / 10).await || !world.api.unconfirmed().is_empty());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the Bot API refused the token"), "{log}");
    assert!(log.contains("an update is tried again"), "{log}");
    assert!(!log.contains(secret()));
}
