//! What becomes of a reply, by what the Bot API answers.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vimbiso_state::bot::{Bot, Report};
use vimbiso_state::{MemoryStore, StateManager};
use vimbiso_telegram::simulated::Fault;
use vimbiso_telegram::{ApiError, Client, Place, Telegram, Token};

use crate::shop::{Shop, Till};
use crate::world::{LONG, TOKEN, World, client};

/// The texts that arrive after these faults.
async fn after(faults: impl IntoIterator<Item = Fault>, at_least: usize) -> (World, Vec<String>) {
    let world = World::new().await;
    world.api.next(faults);
    world.with_webhook().await;
    world.api.write(42, "hi");
    let texts = world.texts(at_least).await;
    (world, texts)
}

#[tokio::test]
async fn server_error_is_sent_again() {
    let (world, texts) = after([Fault::Status(500)], 1).await;
    assert_eq!(texts, ["What would you like?"]);
    assert_eq!(world.api.attempts(), 2);
}

#[tokio::test]
async fn wait_that_the_api_asks_for_is_kept() {
    let begun = Instant::now();
    let (world, _) = after([Fault::TooManyRequests(3)], 1).await;
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(world.api.attempts(), 2);
}

#[tokio::test]
async fn lost_answer_is_sent_again() {
    for fault in [
        Fault::LostAnswer,
        Fault::BadGateway,
        Fault::Slow(Duration::from_secs(2)),
    ] {
        let (_, texts) = after([fault], 2).await;
        assert_eq!(texts, ["What would you like?"; 2]);
    }
}

#[tokio::test]
async fn slow_answer_in_time_is_sent_once() {
    let (world, _) = after([Fault::Slow(Duration::from_millis(500))], 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(world.api.attempts(), 1);
}

#[tokio::test]
async fn blocked_user_is_reported_and_not_asked_again() {
    for (fault, reason) in [
        (
            Fault::Blocked,
            "Forbidden: bot was blocked by the user (403)",
        ),
        (Fault::ChatNotFound, "Bad Request: chat not found (400)"),
    ] {
        let world = World::new().await;
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let client = client(&world.api.url());
        let manager = StateManager::<Shop>::new(MemoryStore::new());
        let bot = Bot::builder(manager, Till::default())
            .channel(client.clone())
            .on_report(move |report| {
                if let Report::Rejected { reason, .. } = report {
                    let _ = tell.send(reason.clone());
                }
            });
        let mut world = world;
        world.telegram = Telegram::new(bot.build().unwrap(), client).unwrap();
        world.api.next([fault]);
        world.poll();
        world.api.write(42, "hi");
        assert_eq!(told.recv().await.unwrap(), reason);
        world.api.write(42, "hi");
        world.texts(1).await;
        assert_eq!(world.api.attempts(), 2);
    }
}

#[tokio::test]
async fn supergroup_gets_what_the_group_was_to_get() {
    let world = World::new().await;
    world.api.next([Fault::Migrated(-100_900)]);
    world.with_webhook().await;
    world.api.write_at(
        Place {
            chat: -9,
            thread: None,
        },
        42,
        "hi",
    );
    let sent = world.api.sent_at_least(1, LONG).await;
    assert_eq!(
        sent[0].place,
        Place {
            chat: -100_900,
            thread: None
        }
    );
    assert_eq!(world.api.attempts(), 2);
}

#[tokio::test]
async fn long_reply_goes_on_at_the_part_that_failed() {
    let world = World::new().await;
    world.api.next([Fault::None, Fault::Status(500)]);
    world.with_webhook().await;
    world.api.write(42, "long");
    let sent = world.api.sent_at_least(3, LONG).await;
    let whole: Vec<_> = sent.iter().map(|sent| sent.text.as_str()).collect();
    assert_eq!(whole.join(" "), "word ".repeat(2_000).trim());
    assert_eq!(world.api.attempts(), 4);
}

#[tokio::test]
async fn unreached_api_has_certainly_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let error = client(&format!("http://{free}"))
        .username()
        .await
        .unwrap_err();
    assert!(matches!(error, ApiError::NotReached(_)), "{error:?}");
}

#[tokio::test]
async fn broken_connection_leaves_it_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let client = client(&format!("http://{address}"));
    for _ in 0..2 {
        let error = client.username().await.unwrap_err();
        assert!(matches!(error, ApiError::NoAnswer(_)), "{error:?}");
    }
}

#[tokio::test]
async fn page_of_a_proxy_is_no_refusal() {
    let page = axum::Router::new().fallback(|| async {
        (
            axum::http::StatusCode::FORBIDDEN,
            "<html>Access denied</html>",
        )
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, page).await });
    let error = client(&format!("http://{address}"))
        .username()
        .await
        .unwrap_err();
    assert!(
        matches!(error, ApiError::Unclear { status: 403 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn settings_out_of_range_are_named() {
    let builder = || Client::builder(Token::new(TOKEN).unwrap());
    for url in [
        "",
        "ftp://a",
        "http://u@a",
        "http://:p@a",
        "http://a?b",
        "http://a#b",
    ] {
        let error = builder().base_url(url).build().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("invalid base_url: use an http"),
            "{url}"
        );
    }
    for timeout in [Duration::from_millis(9), Duration::from_secs(601)] {
        let error = builder().timeout(timeout).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid timeout: use 10 ms to 10 minutes"
        );
    }
    let world = World::new().await;
    let url = format!("{}/", world.api.url().replace("http", "HTTP"));
    let client = builder().base_url(url).build().unwrap();
    assert!(format!("{client:?}").contains("\"http://"), "{client:?}");
    assert_eq!(client.username().await.unwrap(), "simulated_bot");
}
