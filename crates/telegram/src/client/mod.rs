//! The client of the Bot API.

mod answer;
mod builder;
mod channel;
mod error;
mod progress;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use builder::ClientBuilder;
#[cfg(feature = "simulated")]
pub(crate) use builder::http;
pub use error::ApiError;

use crate::message::Part;
use crate::place::Place;
use crate::token::{Token, WebhookSecret};
use progress::Progress;

/// What Telegram is asked to deliver. It delivers nothing else then.
const ALLOWED_UPDATES: [&str; 3] = ["message", "callback_query", "my_chat_member"];

/// A client of the Bot API, and the [`Channel`](vimbiso_state::bot::Channel) of a bot whose replies
/// are a `String`, a [`Message`](crate::Message), or any type with
/// [`ToMessage`](crate::ToMessage).
///
/// | what the Bot API answers | what becomes of the reply |
/// |---|---|
/// | 429 | sent again after `retry_after`, at most an hour |
/// | 403 (blocked), 400 (no such chat) | rejected and reported |
/// | 400 with `migrate_to_chat_id` | sent to the new number at once |
/// | 401, 404 (the token) | sent again later; an error is logged: **alert on it** |
/// | 5xx, something else, no answer in time | sent again later, perhaps a second time |
/// | not reached | sent again later |
///
/// A message that consists of several goes on at the first that was not sent.
///
/// A clone is another handle to the same client. `Debug` shows no token.
///
/// # Examples
/// ```
/// use vimbiso_telegram::{Client, Token};
///
/// let client = Client::new(Token::new("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")?)?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base_url: String,
    token: Token,
    timeout: Duration,
    progress: Progress,
}

impl Client {
    /// The number of the bot.
    #[must_use]
    pub fn bot_id(&self) -> &str {
        self.inner.token.bot_id()
    }

    /// Asks for the bot's name after the `@`: a check of the token.
    ///
    /// # Errors
    /// [`ApiError::TokenRefused`] if the token is wrong, and all that says that there was no
    /// answer.
    pub async fn username(&self) -> Result<String, ApiError> {
        let me: Value = self.call("getMe", &json!({}), self.inner.timeout).await?;
        let name = me.get("username").and_then(Value::as_str);
        Ok(name.unwrap_or_default().to_owned())
    }

    /// Asks Telegram to deliver updates to this URL, with this secret: once, when the bot is set
    /// up, or at each start. `max_connections` is how many chats are delivered at the same time, 1
    /// to 100; Telegram's own default is 40. Updates that wait are kept.
    ///
    /// # Errors
    /// [`ApiError::Refused`] if Telegram does not like the URL: it must be HTTPS, on the port 443,
    /// 80, 88 or 8443.
    pub async fn set_webhook(
        &self,
        url: &str,
        secret: &WebhookSecret,
        max_connections: u8,
    ) -> Result<(), ApiError> {
        let parameters = json!({
            "url": url,
            "secret_token": secret.expose(),
            "max_connections": max_connections,
            "allowed_updates": ALLOWED_UPDATES,
        });
        let _: bool = self
            .call("setWebhook", &parameters, self.inner.timeout)
            .await?;
        Ok(())
    }

    /// Asks Telegram to deliver nothing any more, so that the bot can poll. Updates that wait are
    /// kept.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn delete_webhook(&self) -> Result<(), ApiError> {
        let _: bool = self
            .call("deleteWebhook", &json!({}), self.inner.timeout)
            .await?;
        Ok(())
    }

    pub(crate) async fn get_updates(
        &self,
        offset: Option<i64>,
        limit: u8,
        wait: Duration,
    ) -> Result<Vec<Value>, ApiError> {
        let mut parameters = json!({
            "limit": limit,
            "timeout": wait.as_secs(),
            "allowed_updates": ALLOWED_UPDATES,
        });
        if let (Some(offset), Some(fields)) = (offset, parameters.as_object_mut()) {
            fields.insert("offset".to_owned(), offset.into());
        }
        let timeout = wait + self.inner.timeout;
        self.call("getUpdates", &parameters, timeout).await
    }

    /// Stops the waiting mark on the button.
    pub(crate) async fn answer_callback_query(&self, id: &str) -> Result<(), ApiError> {
        let parameters = json!({ "callback_query_id": id });
        let timeout = self.inner.timeout;
        let _: bool = self
            .call("answerCallbackQuery", &parameters, timeout)
            .await?;
        Ok(())
    }

    async fn send_message(&self, place: Place, part: &Part) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Parameters<'a> {
            chat_id: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            message_thread_id: Option<i64>,
            #[serde(flatten)]
            part: &'a Part,
        }
        let parameters = Parameters {
            chat_id: place.chat,
            message_thread_id: place.thread,
            part,
        };
        let timeout = self.inner.timeout;
        let _: Value = self.call("sendMessage", &parameters, timeout).await?;
        Ok(())
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, ApiError> {
        let inner = &self.inner;
        let body = serde_json::to_vec(parameters).map_err(|_| ApiError::Setting {
            what: "parameter of the Bot API",
            allowed: "what can be written as JSON",
        })?;
        // The token must not reach a log: no error keeps this URL.
        let url = format!("{}/bot{}/{method}", inner.base_url, inner.token.expose());
        let request = inner.http.post(url).timeout(timeout);
        let request = request.header("content-type", "application/json");
        let response = request.body(body).send().await.map_err(ApiError::of)?;
        let answer = answer::read(response).await;
        if let Err(ApiError::TokenRefused) = answer {
            tracing::error!(method, "the Bot API refused the token");
        }
        answer
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url)
            .field("token", &self.inner.token)
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}
