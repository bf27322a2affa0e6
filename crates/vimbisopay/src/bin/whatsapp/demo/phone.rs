//! The user's phone: what it says becomes webhooks, and what the bot sends becomes bubbles.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use vimbiso_state::CommitId;
use vimbisopay::program::BoxError;

use super::{Demo, PHONE_NUMBER_ID, USER};

/// How often a message is delivered while the switch is on.
const COPIES: usize = 3;
/// For how long a message is held back while the switch is on: the next one overtakes it.
const HELD: Duration = Duration::from_secs(3);
/// How long a call takes while the switch is on. Shorter than the timeout of a call.
const SLOW: Duration = Duration::from_secs(4);
/// The worker is killed so long after its commit.
const KILLED_AFTER: Duration = Duration::from_millis(600);

/// What goes wrong.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Switches {
    duplicates: bool,
    reorder: bool,
    slow: bool,
    pub(super) kill: bool,
}

/// The switches that change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Switched {
    duplicates: Option<bool>,
    reorder: Option<bool>,
    slow: Option<bool>,
    kill: Option<bool>,
}

/// What the user types or taps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    text: String,
    /// The id of what is tapped; the text is its title then.
    id: Option<String>,
    /// The message that has it.
    of: Option<String>,
    #[serde(default)]
    is_row: bool,
}

impl Demo {
    pub(super) fn switch(&self, switched: &Switched) {
        let mut inner = self.lock();
        let switches = &mut inner.switches;
        switches.duplicates = switched.duplicates.unwrap_or(switches.duplicates);
        switches.reorder = switched.reorder.unwrap_or(switches.reorder);
        switches.slow = switched.slow.unwrap_or(switches.slow);
        switches.kill = switched.kill.unwrap_or(switches.kill);
        let Switches { slow, kill, .. } = *switches;
        drop(inner);
        let api = &self.setup.api;
        api.delay_calls(if slow { SLOW } else { Duration::ZERO });
        api.lose_answers(kill);
        if kill {
            self.setup.gate.shut();
        } else {
            self.setup.gate.open();
        }
    }

    /// Delivers what the user says, as often as the switches say, and returns the answers.
    pub(super) async fn say(self: &Arc<Self>, said: &Said) -> Result<Vec<u16>, BoxError> {
        let id = format!("wamid.demo.{}", CommitId::random());
        let message = message(said, &id)?;
        let webhook = webhook(&message);
        let body = webhook.to_string();
        let signature = self.setup.app_secret.sign(body.as_bytes());
        let (switches, is_held) = {
            let mut inner = self.lock();
            inner.was_held = inner.switches.reorder && !inner.was_held;
            (inner.switches, inner.was_held)
        };
        self.log.push(json!({
            "kind": "in",
            "id": id,
            "text": said.text,
            "tapped": said.id.is_some(),
            "held": is_held,
            "signature": signature,
            "json": webhook,
        }));
        if is_held {
            tokio::time::sleep(HELD).await;
        }
        let copies = if switches.duplicates { COPIES } else { 1 };
        let deliveries: Vec<_> = (1..=copies)
            .map(|copy| {
                let demo = Arc::clone(self);
                let (id, body, signature) = (id.clone(), body.clone(), signature.clone());
                tokio::spawn(async move {
                    let status = demo.deliver(body, &signature).await;
                    demo.log.push(json!({
                        "kind": "answer", "of": id, "copy": copy, "copies": copies,
                        "status": status,
                    }));
                    status
                })
            })
            .collect();
        let mut answers = Vec::new();
        for delivery in deliveries {
            answers.push(delivery.await?);
        }
        if answers.contains(&200) {
            self.committed();
        }
        Ok(answers)
    }

    async fn deliver(&self, body: String, signature: &str) -> u16 {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/webhook")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-hub-signature-256", signature)
            .body(Body::from(body));
        let Ok(request) = request else {
            return StatusCode::INTERNAL_SERVER_ERROR.as_u16();
        };
        let worker = self.lock().worker.routes();
        worker.request(request).await.status().as_u16()
    }

    fn committed(self: &Arc<Self>) {
        let mut inner = self.lock();
        inner.expires_at = Some(SystemTime::now() + self.setup.ttl);
        let number = inner.worker.number;
        let is_killed = inner.switches.kill;
        drop(inner);
        if is_killed {
            let demo = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(KILLED_AFTER).await;
                if let Err(why) = demo.kill_worker(number) {
                    demo.note(format!("No other worker starts: {why}"));
                }
            });
        }
    }

    /// Deletes all that the store has of the user.
    pub(super) async fn forget(&self) -> Result<(), BoxError> {
        let bot = self.lock().worker.bot.clone();
        bot.delete(&self.user).await?;
        self.lock().expires_at = None;
        self.log.clear();
        Ok(())
    }
}

/// Logs what the Graph API accepts.
pub(super) async fn receive(demo: Arc<Demo>) {
    let mut sent = demo.graph.subscribe();
    loop {
        let message = match sent.recv().await {
            Ok(message) => message,
            Err(RecvError::Lagged(messages)) => {
                demo.note(format!("{messages} messages are not shown."));
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let took_over = demo.lock().lease_ends.take().is_some();
        if took_over {
            let number = demo.lock().worker.number;
            demo.note(format!("✅ Worker {number} has done what was left."));
        }
        demo.log.push(json!({
            "kind": "out",
            "id": message.id,
            "text": message.text(),
            "json": message.json,
        }));
    }
}

/// The message as WhatsApp describes it.
fn message(said: &Said, id: &str) -> Result<Value, BoxError> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut message = json!({"from": USER, "id": id, "timestamp": seconds.to_string()});
    let fields = match &said.id {
        None => json!({"type": "text", "text": {"body": said.text}}),
        Some(tapped) => {
            let kind = if said.is_row {
                "list_reply"
            } else {
                "button_reply"
            };
            let mut interactive = json!({"type": kind});
            if let Some(fields) = interactive.as_object_mut() {
                fields.insert(kind.into(), json!({"id": tapped, "title": said.text}));
            }
            json!({
                "type": "interactive",
                "context": {"from": "15550783881", "id": said.of},
                "interactive": interactive,
            })
        }
    };
    if let (Some(message), Value::Object(fields)) = (message.as_object_mut(), fields) {
        message.extend(fields);
    }
    Ok(message)
}

fn webhook(message: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": "15550783881",
                    "phone_number_id": PHONE_NUMBER_ID,
                },
                "contacts": [{"profile": {"name": "You"}, "wa_id": USER}],
                "messages": [message],
            },
        }]}],
    })
}
