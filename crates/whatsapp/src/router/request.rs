//! One request: the verification of the endpoint, and a delivery.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use tokio::time::{Instant, timeout_at};
use vimbiso_state::bot::Conversation;

use super::answer::Answer;
use super::{Inner, MAX_BODY, lanes};
use crate::verify::{is_same, verify};
use crate::webhook::parse;

/// Answers the challenge by which Meta checks that the callback URL is this bot's.
pub(super) async fn verify_endpoint<C: Conversation>(
    State(inner): State<Arc<Inner<C>>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<String, StatusCode> {
    let is_subscribe = query
        .get("hub.mode")
        .is_some_and(|mode| mode == "subscribe");
    let token = query.get("hub.verify_token").map_or("", String::as_str);
    let challenge = query.get("hub.challenge");
    match challenge {
        Some(challenge) if is_subscribe && is_same(token, &inner.webhook.verify_token) => {
            Ok(challenge.clone())
        }
        _ => Err(StatusCode::FORBIDDEN),
    }
}

pub(super) async fn deliver<C: Conversation>(
    State(inner): State<Arc<Inner<C>>>,
    request: Request,
) -> StatusCode {
    let deadline = Instant::now() + inner.webhook.deadline;
    let (head, body) = request.into_parts();
    // A request that was not signed is not worth reading.
    let Some(signature) = signature(&head.headers) else {
        return StatusCode::UNAUTHORIZED;
    };
    if announced_length(&head.headers).is_some_and(|bytes| bytes > MAX_BODY as u64) {
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    let body = match timeout_at(deadline, read(body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(status)) => return status,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    if verify(&inner.webhook.app_secret, &body, signature).is_err() {
        tracing::warn!("A webhook was refused: its signature is wrong; check the app secret");
        return StatusCode::UNAUTHORIZED;
    }
    // After the signature, so that only Meta can take the permits.
    let Ok(permit) = Arc::clone(&inner.permits).try_acquire_owned() else {
        tracing::warn!("A webhook is shed: too many are being handled");
        return Answer::Retry.status();
    };
    let Ok(events) = parse(&body) else {
        tracing::error!("A signed webhook is malformed: its body is no JSON object");
        return StatusCode::BAD_REQUEST;
    };
    match timeout_at(deadline, lanes::handle(&inner, permit, events)).await {
        Ok(answer) => answer.status(),
        Err(_) => {
            tracing::warn!("A webhook took too long; its messages are handled to their end");
            Answer::Retry.status()
        }
    }
}

fn signature(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-hub-signature-256")?.to_str().ok()
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(body: Body) -> Result<axum::body::Bytes, StatusCode> {
    to_bytes(body, MAX_BODY).await.map_err(|error| {
        let is_too_large = error
            .source()
            .is_some_and(|source| source.is::<LengthLimitError>());
        match is_too_large {
            true => StatusCode::PAYLOAD_TOO_LARGE,
            false => StatusCode::BAD_REQUEST,
        }
    })
}
