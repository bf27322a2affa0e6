//! The routes of the page.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use vimbiso_state::Stage as _;
use vimbiso_state::flow::Row;
use vimbiso_state::vimbisopay::Stage;

use super::Demo;
use super::phone::{Said, Switched};

/// How often the store is asked if it has changed.
const POLL: Duration = Duration::from_millis(150);

/// The page loads nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

pub(super) fn routes(demo: Arc<Demo>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/demo/flow", get(flow))
        .route("/demo/events", get(events))
        .route("/demo/say", post(say))
        .route("/demo/switches", post(switch))
        .route("/demo/forget", post(forget))
        .route("/webhook", any(webhook))
        .with_state(demo)
        .layer(middleware::from_fn(only_loopback))
}

/// A page of another site cannot reach the demo under a name of its own.
async fn only_loopback(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.parse::<Uri>().ok();
    let name = name.as_ref().and_then(Uri::host).unwrap_or_default();
    let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    if name == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "open this page on loopback\n").into_response()
    }
}

async fn page() -> impl IntoResponse {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (headers, Html(include_str!("page.html")))
}

/// The transition table.
async fn flow() -> Json<Value> {
    let stages = Stage::TABLE.iter().map(|row: &Row<Stage>| {
        let next = row.next().iter().filter(|next| **next != row.stage());
        json!({
            "name": row.name(),
            "next": next.map(|next| next.name()).collect::<Vec<_>>(),
            "waits_for_user": row.stage().waits_for_user(),
        })
    });
    Json(stages.collect())
}

async fn webhook(State(demo): State<Arc<Demo>>, request: Request<Body>) -> Response {
    let worker = demo.lock().worker.routes();
    worker.request(request).await
}

async fn say(State(demo): State<Arc<Demo>>, Json(said): Json<Said>) -> Response {
    match demo.say(&said).await {
        Ok(answers) => Json(json!({"answers": answers})).into_response(),
        Err(why) => failed(&*why),
    }
}

async fn switch(State(demo): State<Arc<Demo>>, Json(switched): Json<Switched>) -> StatusCode {
    demo.switch(&switched);
    StatusCode::NO_CONTENT
}

/// JSON, so that a form of another site cannot ask for it.
async fn forget(State(demo): State<Arc<Demo>>, Json(_): Json<Value>) -> Response {
    match demo.forget().await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => failed(&*why),
    }
}

fn failed(why: &(dyn std::error::Error + 'static)) -> Response {
    let why = vimbisopay::program::chain(why);
    (StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
}

/// All that has happened, and then what happens; and the state whenever it changes.
async fn events(State(demo): State<Arc<Demo>>, headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get("last-event-id");
    let last: Option<u64> = last.and_then(|last| last.to_str().ok()?.parse().ok());
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move {
        // It ends when the page is closed.
        let _ = follow(&demo, last.map_or(0, |last| last + 1), &sender).await;
    });
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())
}

type Sender = mpsc::Sender<Result<Event, Infallible>>;

async fn follow(
    demo: &Demo,
    mut next: u64,
    page: &Sender,
) -> Result<(), mpsc::error::SendError<Result<Event, Infallible>>> {
    let mut changes = demo.log.watch();
    let mut shown = Value::Null;
    loop {
        changes.mark_unchanged();
        for (number, event) in demo.log.since(next) {
            next = number + 1;
            let event = Event::default()
                .id(number.to_string())
                .data(event.to_string());
            page.send(Ok(event)).await?;
        }
        let state = match demo.state().await {
            Ok(state) => state,
            Err(why) => json!({"error": vimbisopay::program::chain(&*why)}),
        };
        if state != shown {
            let event = Event::default().event("state").data(state.to_string());
            page.send(Ok(event)).await?;
            shown = state;
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep(POLL) => {}
            () = page.closed() => return Ok(()),
        }
    }
}
