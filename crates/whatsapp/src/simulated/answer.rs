//! The answers of the API.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use serde_json::{Value, json};

use super::limits::Refusal;
use super::sent::SentMessage;

pub(super) fn accepted(message: &SentMessage) -> Response<Body> {
    let user = json!({"input": message.to, "wa_id": message.to});
    ok(&json!({
        "messaging_product": "whatsapp",
        "contacts": [user],
        "messages": [{"id": message.id}],
    }))
}

pub(super) fn ok(json: &Value) -> Response<Body> {
    answer(200, json.to_string())
}

pub(super) fn refused(refusal: &Refusal) -> Response<Body> {
    error(400, refusal.code, &refusal.details, None)
}

pub(super) fn error(
    status: u16,
    code: i64,
    details: &str,
    retry_after: Option<u64>,
) -> Response<Body> {
    let json = json!({"error": {
        "message": format!("(#{code}) {details}"),
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": "AsimulatedGraphApi",
    }});
    let mut answer = answer(status, json.to_string());
    if let Some(seconds) = retry_after {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// What a server before the API says. A redirection leads to the API.
pub(super) fn page(status: u16) -> Response<Body> {
    let page = "<html><body>Sorry, something went wrong.</body></html>";
    let mut answer = answer(status, page.to_owned());
    if (300..400).contains(&status) {
        let location = HeaderValue::from_static("/v26.0/1/messages");
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

fn answer(status: u16, body: String) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}

/// An answer that never ends, because the connection does.
pub(super) fn broken() -> Response<Body> {
    Response::new(Body::new(Broken))
}

struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}
