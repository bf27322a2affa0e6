//! The methods of the simulated Bot API.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use super::state::{Fault, SentMessage, State, Webhook};
use crate::place::Place;

pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    let router = Router::new().fallback(call).with_state(state);
    // It ends with the process, or when its task is aborted.
    let _ = axum::serve(listener, router).await;
}

async fn call(Extracted(state): Extracted<Arc<State>>, uri: Uri, body: Bytes) -> Response {
    let path = uri.path().strip_prefix("/bot").unwrap_or_default();
    let (token, method) = path.split_once('/').unwrap_or_default();
    if token != state.token.expose() {
        return failed(401, "Unauthorized");
    }
    let parameters: Value = serde_json::from_slice(&body).unwrap_or_default();
    match method {
        "getMe" => done(json!({ "id": 1, "is_bot": true, "username": "simulated_bot" })),
        "sendMessage" => send_message(&state, &parameters).await,
        "answerCallbackQuery" => {
            let id = parameters["callback_query_id"].as_str();
            state.lock().answered.extend(id.map(str::to_owned));
            state.changed.notify_waiters();
            done(true.into())
        }
        "setWebhook" => set_webhook(&state, &parameters),
        "deleteWebhook" => {
            state.lock().webhook = None;
            done(true.into())
        }
        "getUpdates" => get_updates(&state, &parameters).await,
        _ => failed(404, "Not Found"),
    }
}

async fn send_message(state: &State, parameters: &Value) -> Response {
    let fault = {
        let mut data = state.lock();
        data.attempts += 1;
        data.faults.pop_front().unwrap_or(Fault::None)
    };
    match fault {
        Fault::Status(status) => return failed(status, "Internal Server Error"),
        Fault::TooManyRequests(seconds) => {
            let description = format!("Too Many Requests: retry after {seconds}");
            return failed_with(429, &description, json!({ "retry_after": seconds }));
        }
        Fault::Blocked => return failed(403, "Forbidden: bot was blocked by the user"),
        Fault::ChatNotFound => return failed(400, "Bad Request: chat not found"),
        Fault::Migrated(to) => {
            let description = "Bad Request: group chat was upgraded to a supergroup chat";
            return failed_with(400, description, json!({ "migrate_to_chat_id": to }));
        }
        Fault::None | Fault::Slow(_) | Fault::LostAnswer | Fault::BadGateway => {}
    }
    let message = match accepted(parameters) {
        Ok(message) => message,
        Err(description) => return failed(400, description),
    };
    let message_id = {
        let mut data = state.lock();
        data.sent.push(message);
        data.sent.len()
    };
    state.changed.notify_waiters();
    match fault {
        Fault::Slow(time) => sleep(time).await,
        Fault::LostAnswer => std::future::pending().await,
        Fault::BadGateway => return StatusCode::BAD_GATEWAY.into_response(),
        _ => {}
    }
    done(json!({ "message_id": message_id }))
}

/// The message, if the real API accepts it too.
fn accepted(parameters: &Value) -> Result<SentMessage, &'static str> {
    let chat = parameters["chat_id"].as_i64();
    let chat = chat.ok_or("Bad Request: chat_id is empty")?;
    let text = parameters["text"].as_str().unwrap_or_default();
    if text.trim().is_empty() {
        return Err("Bad Request: message text is empty");
    }
    if text.encode_utf16().count() > 4_096 {
        return Err("Bad Request: message is too long");
    }
    let rows = parameters["reply_markup"]["inline_keyboard"].as_array();
    let mut buttons = Vec::new();
    for button in rows
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
    {
        let label = button["text"].as_str().unwrap_or_default();
        let data = button["callback_data"].as_str().unwrap_or_default();
        if !(1..=64).contains(&data.len()) || label.is_empty() {
            return Err("Bad Request: BUTTON_DATA_INVALID");
        }
        buttons.push((label.to_owned(), data.to_owned()));
    }
    let thread = parameters["message_thread_id"].as_i64();
    Ok(SentMessage {
        place: Place { chat, thread },
        text: text.to_owned(),
        buttons,
    })
}

fn set_webhook(state: &State, parameters: &Value) -> Response {
    let text = |name: &str| parameters[name].as_str().map(str::to_owned);
    let url = text("url").filter(|url| !url.is_empty());
    state.lock().webhook = url.map(|url| Webhook {
        url,
        secret: text("secret_token"),
    });
    // A request that waits for updates ends now.
    state.changed.notify_waiters();
    done(true.into())
}

async fn get_updates(state: &State, parameters: &Value) -> Response {
    let limit = usize::try_from(parameters["limit"].as_u64().unwrap_or(100)).unwrap_or(100);
    let wait = Duration::from_secs(parameters["timeout"].as_u64().unwrap_or(0));
    let deadline = Instant::now() + wait;
    let poll = {
        let mut data = state.lock();
        data.polls += 1;
        if let Some(offset) = parameters["offset"].as_i64() {
            // Confirms all that came before it, in order.
            while data.updates.front().is_some_and(|first| first.id < offset) {
                data.updates.pop_front();
            }
        }
        data.polls
    };
    state.changed.notify_waiters();
    loop {
        let changed = state.changed.notified();
        {
            let data = state.lock();
            if data.webhook.is_some() {
                let description = "Conflict: can't use getUpdates method while webhook is active";
                return failed(409, description);
            }
            if data.polls != poll {
                let description = "Conflict: terminated by other getUpdates request";
                return failed(409, description);
            }
            let updates = data.updates.iter().take(limit);
            let updates: Vec<_> = updates.map(|pending| pending.body.clone()).collect();
            let left = deadline.saturating_duration_since(Instant::now());
            if !updates.is_empty() || left.is_zero() {
                return done(updates.into());
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let _ = timeout(left.min(Duration::from_millis(50)), changed).await;
    }
}

fn done(result: Value) -> Response {
    let body = json!({ "ok": true, "result": result });
    body.to_string().into_response()
}

fn failed(status: u16, description: &str) -> Response {
    failed_with(status, description, json!({}))
}

fn failed_with(status: u16, description: &str, parameters: Value) -> Response {
    let body = json!({
        "ok": false,
        "error_code": status,
        "description": description,
        "parameters": parameters,
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, body.to_string()).into_response()
}
