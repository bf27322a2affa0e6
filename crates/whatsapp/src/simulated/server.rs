//! The server: what becomes of each request.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response, header};
use axum::routing::post;
use serde_json::{Value, json};

use super::answer;
use super::fault::Fault;
use super::sent::SentMessage;
use super::{State, limits, webhook};

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/{version}/{phone_number_id}/messages", post(messages))
        .with_state(state)
}

async fn messages(
    Shared(state): Shared<Arc<State>>,
    Path((_version, phone_number_id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let delay = state.lock().delay;
    tokio::time::sleep(delay).await;
    if !is_authorized(&state, &headers) {
        return answer::error(401, 190, "The access token is invalid", None);
    }
    let Ok(json) = serde_json::from_slice::<Value>(&body) else {
        return answer::error(400, 100, "The request is no JSON", None);
    };
    if json.get("status").is_some() {
        return mark_read(&state, &json);
    }
    let fault = {
        let mut inner = state.lock();
        inner.requests += 1;
        inner.plan.pop_front().unwrap_or(Fault::Success)
    };
    match fault {
        Fault::Error {
            status,
            code,
            retry_after,
        } => return answer::error(status, code, "As planned", retry_after),
        Fault::Gateway(status) => return answer::page(status),
        Fault::LoseRequest => return answer::broken(),
        _ => {}
    }
    let to = match limits::check(&json) {
        Ok(to) => to,
        Err(refusal) => return answer::refused(&refusal),
    };
    let accept = || accept(&state, &to, &phone_number_id, &json);
    match fault {
        Fault::FailLater(code) => {
            let message = accept();
            announce(&state, &message, Some(code));
            return answer::accepted(&message);
        }
        Fault::Twice => announce(&state, &accept(), None),
        _ => {}
    }
    let message = accept();
    announce(&state, &message, None);
    match fault {
        Fault::LoseAnswer => return answer::broken(),
        Fault::Late(time) => tokio::time::sleep(time).await,
        _ => {}
    }
    answer::accepted(&message)
}

fn is_authorized(state: &State, headers: &HeaderMap) -> bool {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(given) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
        return false;
    };
    let inner = state.lock();
    inner.token.as_deref().is_none_or(|token| token == given)
}

fn mark_read(state: &State, json: &Value) -> Response<Body> {
    let id = json.get("message_id").and_then(Value::as_str);
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return answer::error(400, 131_008, "message_id is required", None);
    };
    let typing = json.get("typing_indicator").map_or("", |_| "…");
    state.lock().read.push(format!("{id}{typing}"));
    answer::ok(&json!({"success": true}))
}

fn accept(state: &State, to: &str, phone_number_id: &str, json: &Value) -> SentMessage {
    let mut inner = state.lock();
    let callback_data = json.get("biz_opaque_callback_data").and_then(Value::as_str);
    let message = SentMessage {
        id: format!("wamid.simulated.{}", inner.sent.len() + 1),
        to: to.to_owned(),
        phone_number_id: phone_number_id.to_owned(),
        callback_data: callback_data.map(str::to_owned),
        json: json.clone(),
    };
    inner.sent.push(message.clone());
    drop(inner);
    // Without a subscriber, it goes to none.
    let _ = state.announced.send(message.clone());
    message
}

/// Posts the statuses of a message, in a task of its own.
fn announce(state: &Arc<State>, message: &SentMessage, error: Option<i64>) {
    let statuses = webhook::statuses(message, error);
    let state = Arc::clone(state);
    tokio::spawn(async move {
        for status in statuses {
            state.post(&status).await;
        }
    });
}
