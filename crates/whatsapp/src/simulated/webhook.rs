//! The status webhooks.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::State;
use super::sent::SentMessage;

/// Where statuses go.
#[derive(Clone)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: String,
}

/// Posts the statuses of a message, if there is an address for them: one after the other, without
/// a second attempt.
pub(super) fn post(state: &State, message: &SentMessage, error: Option<i64>) {
    let Some(webhook) = state.lock().webhook.clone() else {
        return;
    };
    let bodies = match error {
        Some(code) => vec![status(message, "failed", Some(code))],
        None => vec![
            status(message, "sent", None),
            status(message, "delivered", None),
        ],
    };
    let http = state.http.clone();
    tokio::spawn(async move {
        for body in bodies {
            let body = body.to_string();
            let request = http
                .post(&webhook.url)
                .header("content-type", "application/json")
                .header(
                    "x-hub-signature-256",
                    signature(&webhook.secret, body.as_bytes()),
                )
                .body(body);
            if let Err(error) = request.send().await {
                tracing::debug!("a status webhook was not taken: {}", error.without_url());
            }
        }
    });
}

/// The value of `X-Hub-Signature-256` for this body.
fn signature(secret: &str, body: &[u8]) -> String {
    let mut signature = "sha256=".to_owned();
    // A key of any length is allowed.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(signature, "{byte:02x}");
        }
    }
    signature
}

fn status(message: &SentMessage, status: &str, error: Option<i64>) -> Value {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let errors = error.map(|code| json!([{"code": code, "title": "As planned"}]));
    let mut value = json!({
        "id": message.id,
        "status": status,
        "timestamp": now.as_secs().to_string(),
        "recipient_id": message.to,
        "biz_opaque_callback_data": message.callback_data,
        "errors": errors,
    });
    if let Some(fields) = value.as_object_mut() {
        // Meta leaves out a field that has no value.
        fields.retain(|_, field| !field.is_null());
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": "15550783881",
                    "phone_number_id": message.phone_number_id,
                },
                "statuses": [value],
            },
        }]}],
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn body_is_signed_as_meta_does() {
        // printf '{}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            super::signature("secret", b"{}"),
            "sha256=77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13"
        );
    }
}
