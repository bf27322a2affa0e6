//! What the client makes of each answer.

use std::time::{Duration, Instant};

use vimbiso_whatsapp::Message;
use vimbiso_whatsapp::client::{Client, Recipient};
use vimbiso_whatsapp::error::{Class, GraphError, SendError};
use vimbiso_whatsapp::render::{Part, render};
use vimbiso_whatsapp::simulated::{Fault, SimulatedGraph};

use crate::world::{TOKEN, USER, client};

fn user() -> Recipient {
    Recipient::parse(USER).unwrap()
}

fn hello() -> Part {
    render(&Message::new("Hello.")).remove(0)
}

async fn send(client: &Client) -> Result<String, SendError> {
    client.send(&user(), &hello(), Some("data")).await
}

async fn refused(client: &Client) -> GraphError {
    match send(client).await {
        Err(SendError::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn message_is_accepted_with_its_callback_data() {
    let graph = SimulatedGraph::start().await.unwrap();
    graph.accept_token(TOKEN);
    let id = send(&client(&graph)).await.unwrap();
    let sent = &graph.sent()[0];
    assert_eq!((&sent.id, sent.to.as_str()), (&id, USER));
    assert_eq!(sent.callback_data.as_deref(), Some("data"));
    assert_eq!(sent.phone_number_id, "106540352242922");
    assert_eq!(sent.text(), "Hello.");
}

#[tokio::test]
async fn user_without_a_number_is_reached() {
    let graph = SimulatedGraph::start().await.unwrap();
    let scoped = "US.13491208655302741918";
    let to = Recipient::parse(scoped).unwrap();
    client(&graph).send(&to, &hello(), None).await.unwrap();
    let sent = &graph.sent()[0];
    assert_eq!(
        (sent.to.as_str(), &sent.json["recipient"]),
        (scoped, &scoped.into())
    );
    assert!(sent.json.get("to").is_none());
    assert_eq!(sent.callback_data, None);
}

#[tokio::test]
async fn messages_are_marked_as_read() {
    let graph = SimulatedGraph::start().await.unwrap();
    let client = client(&graph);
    client.mark_read("wamid.1", false).await.unwrap();
    client.mark_read("wamid.2", true).await.unwrap();
    assert_eq!(graph.read(), ["wamid.1", "wamid.2…"]);
    assert!(matches!(
        client.mark_read("", true).await,
        Err(SendError::Refused(_))
    ));
}

#[tokio::test]
async fn renewed_token_is_used_at_once() {
    let graph = SimulatedGraph::start().await.unwrap();
    graph.accept_token("another");
    let client = client(&graph);
    let error = refused(&client).await;
    assert_eq!((error.code(), error.class()), (Some(190), Class::Operator));
    client.renew_access_token("another").unwrap();
    assert!(send(&client).await.is_ok());
}

#[tokio::test]
async fn error_has_its_code_class_and_wait() {
    let graph = SimulatedGraph::start().await.unwrap();
    let client = client(&graph);
    for (code, class) in [
        (131_047, Class::WindowClosed),
        (131_056, Class::PairRate),
        (130_429, Class::Rate),
        (131_000, Class::Fault),
        (2, Class::Fault),
        (10, Class::Operator),
        (131_026, Class::Rejected),
    ] {
        graph.plan([Fault::code(code)]);
        let error = refused(&client).await;
        assert_eq!((error.code(), error.class()), (Some(code), class));
        assert_eq!(error.retry_after(), None);
        assert_eq!(error.details(), Some("As planned"));
    }
    graph.plan([Fault::Error {
        status: 429,
        code: 80_007,
        retry_after: Some(17),
    }]);
    assert_eq!(
        refused(&client).await.retry_after(),
        Some(Duration::from_secs(17))
    );
    assert!(graph.sent().is_empty());
}

#[tokio::test]
async fn missing_answer_leaves_it_open() {
    let graph = SimulatedGraph::start().await.unwrap();
    let client = client(&graph);
    for (fault, is_sent) in [
        (Fault::LoseRequest, false),
        (Fault::LoseAnswer, true),
        (Fault::Late(Duration::from_secs(5)), true),
        (Fault::Gateway(502), false),
        (Fault::Gateway(200), false),
    ] {
        let before = graph.sent().len();
        graph.plan([fault.clone()]);
        let error = send(&client).await.unwrap_err();
        assert!(
            matches!(error, SendError::NoAnswer(_)),
            "{fault:?}: {error:?}"
        );
        assert_eq!(
            graph.sent().len() - before,
            usize::from(is_sent),
            "{fault:?}"
        );
        assert!(!format!("{error:?}").contains("106540352242922"));
    }
}

#[tokio::test]
async fn no_connection_means_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::builder("1", TOKEN).graph_url(url).build().unwrap();
    assert!(matches!(send(&client).await, Err(SendError::NotSent(_))));
}

#[tokio::test]
async fn connection_that_is_not_made_means_not_sent() {
    // A listener that accepts nothing: the TLS handshake is not answered.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = Client::builder("1", TOKEN)
        .graph_url(url)
        .connect_timeout(Duration::from_millis(200));
    let Ok(client) = client.build() else {
        harness::skipped("this machine has no root certificates, so it cannot speak TLS");
        return;
    };
    let start = Instant::now();
    let error = send(&client).await.unwrap_err();
    assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn address_that_redirects_is_not_followed() {
    let graph = SimulatedGraph::start().await.unwrap();
    graph.plan([Fault::Gateway(307)]);
    let error = refused(&client(&graph)).await;
    assert_eq!((error.status(), error.class()), (307, Class::Operator));
    assert_eq!(graph.requests(), 1);
}
