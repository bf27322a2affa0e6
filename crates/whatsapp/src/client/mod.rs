//! The client of the Cloud API: sends parts of messages, and marks messages as read.

mod builder;
mod recipient;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::{Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

#[cfg(feature = "simulated")]
pub(crate) use builder::http;
pub use builder::{ClientBuilder, InvalidSetting};
pub use recipient::Recipient;

use crate::error::{GraphError, SendError};
use crate::render::Part;

/// The longest answer that is read, in bytes. A real one has some hundred.
const MAX_ANSWER: usize = 64 * 1024;

/// A client of the Cloud API for one phone number of a bot. A clone is another handle to it.
///
/// `Debug` shows neither the access token nor the phone number id.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::Client;
///
/// let client = Client::new("106540352242922", "an access token")?;
/// # let _ = client;
/// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    messages: Url,
    token: RwLock<SecretString>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.inner.messages.host_str();
        f.debug_struct("Client")
            .field("host", &host)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Request<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(flatten)]
    recipient: &'a Recipient,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_opaque_callback_data: Option<&'a str>,
    #[serde(flatten)]
    part: &'a Part,
}

#[derive(Serialize)]
struct ReadMark<'a> {
    messaging_product: &'static str,
    status: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_indicator: Option<TypingIndicator>,
}

#[derive(Serialize)]
struct TypingIndicator {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Deserialize)]
struct Accepted {
    messages: Vec<AcceptedMessage>,
}

#[derive(Deserialize)]
struct AcceptedMessage {
    id: String,
}

#[derive(Deserialize)]
struct Done {
    success: bool,
}

impl Client {
    /// A client with the default settings. The id is that of the phone number, not the number.
    ///
    /// # Errors
    /// [`InvalidSetting`] if the id is not made of digits or the token is no header's text, or if
    /// the system's root certificates cannot be read.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    ///
    /// assert!(Client::new("106540352242922", "an access token").is_ok());
    /// // The number itself, by mistake:
    /// let error = Client::new("+1 555 078 3881", "an access token").unwrap_err();
    /// assert!(error.to_string().starts_with("invalid phone number id"));
    /// ```
    pub fn new(
        phone_number_id: impl Into<String>,
        access_token: impl Into<String>,
    ) -> Result<Self, InvalidSetting> {
        Self::builder(phone_number_id, access_token).build()
    }

    /// Settings that are not the defaults.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    ///
    /// let builder = Client::builder("106540352242922", "an access token");
    /// let client = builder.version("v27.0").build()?;
    /// # let _ = client;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn builder(
        phone_number_id: impl Into<String>,
        access_token: impl Into<String>,
    ) -> ClientBuilder {
        ClientBuilder::new(phone_number_id.into(), access_token.into())
    }

    /// Replaces the access token, for this handle and its clones.
    ///
    /// # Errors
    /// [`InvalidSetting::AccessToken`] if it is empty or no header's text.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    ///
    /// let client = Client::new("106540352242922", "an access token")?;
    /// client.renew_access_token("the next one")?;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn renew_access_token(&self, token: impl Into<String>) -> Result<(), InvalidSetting> {
        let token = builder::access_token(token.into())?;
        *self
            .inner
            .token
            .write()
            .unwrap_or_else(PoisonError::into_inner) = token;
        Ok(())
    }

    /// Sends a part of a message, and returns the id that WhatsApp gives it.
    ///
    /// `callback_data` comes back with each status of the message: at most
    /// [`CALLBACK_DATA`](crate::limits::CALLBACK_DATA) bytes.
    ///
    /// # Errors
    /// [`SendError`]: it was not sent, was refused, or may have been sent.
    ///
    /// # Examples
    /// For a message that is no reply. A bot's own are sent by [`WhatsApp`](crate::WhatsApp).
    /// ```no_run
    /// use vimbiso_whatsapp::Template;
    /// use vimbiso_whatsapp::client::{Client, Recipient};
    /// use vimbiso_whatsapp::render::render_template;
    ///
    /// # async fn remind(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let guest = Recipient::parse("+263771234567").ok_or("no recipient of WhatsApp")?;
    /// let reminder = Template::new("table_tomorrow", "en").parameter("19:00");
    /// let id = client.send(&guest, &render_template(&reminder), None).await?;
    /// println!("accepted as {id}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(
        &self,
        to: &Recipient,
        part: &Part,
        callback_data: Option<&str>,
    ) -> Result<String, SendError> {
        let request = Request {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            recipient: to,
            biz_opaque_callback_data: callback_data,
            part,
        };
        let accepted: Accepted = self.post(&request).await?;
        let message = accepted.messages.into_iter().next();
        message
            .map(|message| message.id)
            .ok_or_else(|| SendError::NoAnswer("the answer names no message".into()))
    }

    /// Marks a message of a user as read, and those before it, by the id that WhatsApp gave it.
    /// With `is_typing`, the user sees that a reply is being written, for 25 s or until it comes.
    ///
    /// # Errors
    /// [`SendError`]. A mark may be set again at any time.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::error::SendError;
    /// use vimbiso_whatsapp::webhook::Message;
    /// use vimbiso_whatsapp::WhatsApp;
    ///
    /// async fn is_writing(whatsapp: &WhatsApp, message: &Message) -> Result<(), SendError> {
    ///     match &message.id {
    ///         Some(id) => whatsapp.client().mark_read(id, true).await,
    ///         None => Ok(()),
    ///     }
    /// }
    /// # let _ = is_writing;
    /// ```
    pub async fn mark_read(&self, message_id: &str, is_typing: bool) -> Result<(), SendError> {
        let mark = ReadMark {
            messaging_product: "whatsapp",
            status: "read",
            message_id,
            typing_indicator: is_typing.then_some(TypingIndicator { kind: "text" }),
        };
        let done: Done = self.post(&mark).await?;
        if done.success {
            Ok(())
        } else {
            Err(SendError::NoAnswer("the message was not marked".into()))
        }
    }

    async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        request: &impl Serialize,
    ) -> Result<T, SendError> {
        // Our own types, whose keys are texts: writing them does not fail.
        let body = serde_json::to_vec(request).map_err(|error| SendError::NotSent(error.into()))?;
        let token = self.token();
        let post = self
            .inner
            .http
            .post(self.inner.messages.clone())
            .bearer_auth(token.expose_secret())
            .header("content-type", "application/json")
            .body(body);
        let answer = post.send().await.map_err(|error| {
            // Of all errors, only these are certainly before the request was written.
            let is_certain = error.is_connect() || error.is_builder();
            let error = error.without_url().into();
            if is_certain {
                SendError::NotSent(error)
            } else {
                SendError::NoAnswer(error)
            }
        })?;
        let status = answer.status();
        let retry_after = retry_after(&answer);
        let body = read(answer).await?;
        if status.is_success()
            && let Ok(accepted) = serde_json::from_slice(&body)
        {
            return Ok(accepted);
        }
        match GraphError::read(status.as_u16(), retry_after, &body) {
            Some(error) => Err(SendError::Refused(error)),
            None => Err(SendError::NoAnswer(
                format!("HTTP {status} without an answer of the API").into(),
            )),
        }
    }

    fn token(&self) -> SecretString {
        self.inner
            .token
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The seconds of `Retry-After`. Meta sends no dates.
fn retry_after(answer: &Response) -> Option<Duration> {
    let value = answer.headers().get("retry-after")?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

async fn read(mut answer: Response) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => return Err(SendError::NoAnswer("the answer is too long".into())),
            Ok(None) => return Ok(body),
            Err(error) => return Err(SendError::NoAnswer(error.without_url().into())),
        }
    }
}
