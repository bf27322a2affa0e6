//! The webhooks that the simulated API posts: the statuses of messages, and what users write.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::State;
use super::sent::SentMessage;
use crate::verify::AppSecret;

/// Where webhooks go, in turn.
pub(super) struct Callbacks {
    pub(super) urls: Vec<String>,
    pub(super) secret: AppSecret,
    pub(super) next: usize,
}

impl State {
    /// Posts this webhook once, signed. Returns the status of the answer, if there was one.
    pub(super) async fn post(&self, body: &Value) -> Option<u16> {
        let body = body.to_string();
        let (url, signature) = {
            let mut inner = self.lock();
            let callbacks = inner.callbacks.as_mut()?;
            let url = callbacks.urls.get(callbacks.next % callbacks.urls.len())?;
            callbacks.next += 1;
            (url.clone(), callbacks.secret.sign(body.as_bytes()))
        };
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature)
            .body(body);
        match request.send().await {
            Ok(answer) => Some(answer.status().as_u16()),
            Err(error) => {
                tracing::debug!("a webhook was not taken: {}", error.without_url());
                None
            }
        }
    }
}

/// The statuses of a message, one after the other.
pub(super) fn statuses(message: &SentMessage, error: Option<i64>) -> Vec<Value> {
    match error {
        Some(code) => vec![status(message, "failed", Some(code))],
        None => vec![
            status(message, "sent", None),
            status(message, "delivered", None),
        ],
    }
}

fn status(message: &SentMessage, status: &str, error: Option<i64>) -> Value {
    let errors = error.map(|code| json!([{"code": code, "title": "As planned"}]));
    let mut value = json!({
        "id": message.id,
        "status": status,
        "timestamp": now(),
        "recipient_id": message.to,
        "biz_opaque_callback_data": message.callback_data,
        "errors": errors,
    });
    if let Some(fields) = value.as_object_mut() {
        // Meta leaves out a field that has no value.
        fields.retain(|_, field| !field.is_null());
    }
    change(&message.phone_number_id, json!({ "statuses": [value] }))
}

/// A webhook with these messages of users.
pub(super) fn messages(phone_number_id: &str, messages: &[Value]) -> Value {
    change(phone_number_id, json!({ "messages": messages }))
}

fn change(phone_number_id: &str, mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        let metadata = json!({
            "display_phone_number": "15550783881",
            "phone_number_id": phone_number_id,
        });
        fields.insert("messaging_product".to_owned(), json!("whatsapp"));
        fields.insert("metadata".to_owned(), metadata);
    }
    let change = json!({ "field": "messages", "value": value });
    let entry = json!({ "id": "102290129340398", "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] })
}

/// The seconds since 1970, as a webhook has them.
pub(super) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs().to_string()
}
