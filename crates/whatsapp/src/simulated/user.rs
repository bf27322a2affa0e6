//! What users do: they write, and press buttons.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::webhook::{self, now};
use super::{SentMessage, SimulatedGraph};

/// For how long a webhook is delivered again, and after which wait. Meta takes days.
const DELIVER_FOR: Duration = Duration::from_secs(60);
const DELIVER_AGAIN: Duration = Duration::from_millis(200);

impl SimulatedGraph {
    /// A user writes this text: the webhook is delivered until it is answered with 200.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] if that takes more than a minute, or without a
    /// [webhook](Self::webhook).
    ///
    /// # Examples
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use vimbiso_whatsapp::AppSecret;
    /// use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # async fn talk() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = SimulatedGraph::start().await?;
    /// graph.webhook("http://127.0.0.1:8080/webhook", AppSecret::new("5f4dcc3b5aa765d61d83")?);
    /// graph.write("263771234567", "hi").await?;
    /// let sent = graph.sent_at_least(1, Duration::from_secs(5)).await;
    /// assert_eq!(sent[0].options().len(), 2);
    /// graph.press("263771234567", "Buy").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write(&self, user: &str, text: &str) -> io::Result<()> {
        let content = json!({ "type": "text", "text": { "body": text } });
        self.say(user, content).await
    }

    /// A user presses the newest button, or chooses the newest row, with this label.
    ///
    /// # Errors
    /// As of [`write`](Self::write), and [`io::ErrorKind::NotFound`] if the user has no such
    /// button.
    ///
    /// # Examples
    /// That of [`write`](Self::write).
    pub async fn press(&self, user: &str, label: &str) -> io::Result<()> {
        let sent = self.sent();
        let of_user = sent.iter().rev().filter(|message| message.to == user);
        let found = of_user.flat_map(|message| {
            let options = message.options().into_iter();
            options.map(move |(id, title)| (message, id, title))
        });
        let mut found = found.filter(|(_, _, title)| title == label);
        let Some((message, id, title)) = found.next() else {
            let why = "the user has no such button";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        };
        let is_list = message.json.pointer("/interactive/type") == Some(&json!("list"));
        let kind = if is_list {
            "list_reply"
        } else {
            "button_reply"
        };
        let content = json!({
            "type": "interactive",
            "interactive": { "type": kind, kind: { "id": id, "title": title } },
            "context": { "id": message.id },
        });
        self.say(user, content).await
    }

    /// Delivers a webhook with these messages once. Returns the status of the answer, or `None` if
    /// there was no answer.
    ///
    /// # Examples
    /// ```no_run
    /// use serde_json::json;
    /// # use vimbiso_whatsapp::simulated::SimulatedGraph;
    ///
    /// # async fn deliver(graph: SimulatedGraph) {
    /// let text = json!({ "body": "hi" });
    /// let message = json!({
    ///     "from": "263771234567", "id": "wamid.1", "timestamp": "1767225600",
    ///     "type": "text", "text": text,
    /// });
    /// assert_eq!(graph.deliver(&[message]).await, Some(200));
    /// # }
    /// ```
    pub async fn deliver(&self, messages: &[Value]) -> Option<u16> {
        let phone_number_id = self.state.lock().phone_number_id();
        let body = webhook::messages(&phone_number_id, messages);
        self.state.post(&body).await
    }

    /// Waits until this many messages were accepted in all, and returns all; those that there are
    /// if the time is over.
    ///
    /// # Examples
    /// That of [`write`](Self::write).
    pub async fn sent_at_least(&self, count: usize, within: Duration) -> Vec<SentMessage> {
        let deadline = Instant::now() + within;
        // Before the first look, so that none is missed.
        let mut announced = self.subscribe();
        while self.sent().len() < count {
            if timeout_at(deadline, announced.recv()).await.is_err() {
                break;
            }
        }
        self.sent()
    }

    async fn say(&self, user: &str, content: Value) -> io::Result<()> {
        let number = {
            let mut inner = self.state.lock();
            inner.written += 1;
            inner.written
        };
        let mut message = content;
        if let Some(fields) = message.as_object_mut() {
            fields.insert("from".to_owned(), json!(user));
            fields.insert(
                "id".to_owned(),
                json!(format!("wamid.{}.{number}", self.run)),
            );
            fields.insert("timestamp".to_owned(), json!(now()));
        }
        let messages = [message];
        let deadline = Instant::now() + DELIVER_FOR;
        while self.deliver(&messages).await != Some(200) {
            if Instant::now() + DELIVER_AGAIN > deadline {
                let why = "the webhook was not answered with 200";
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            tokio::time::sleep(DELIVER_AGAIN).await;
        }
        Ok(())
    }
}
