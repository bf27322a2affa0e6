//! What the simulated Bot API knows.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::place::Place;
use crate::token::Token;

/// What happens when the bot sends a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: it is sent.
    None,
    /// The API answers with this status, and does not send.
    Status(u16),
    /// The API asks to wait for this many seconds, and does not send.
    TooManyRequests(u64),
    /// The user has blocked the bot.
    Blocked,
    /// There is no such chat.
    ChatNotFound,
    /// The group has another number now. It is not sent.
    Migrated(i64),
    /// It is sent, and the answer comes after this time.
    Slow(Duration),
    /// It is sent, and no answer comes.
    LostAnswer,
    /// It is sent, and the answer is that of a broken gateway.
    BadGateway,
}

/// A message that the bot has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentMessage {
    /// Where.
    pub place: Place,
    /// The text.
    pub text: String,
    /// The label and the data of each button.
    pub buttons: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) token: Token,
    data: Mutex<Data>,
    /// Told of each change.
    pub(super) changed: Notify,
}

#[derive(Debug)]
pub(super) struct Data {
    pub(super) sent: Vec<SentMessage>,
    pub(super) attempts: usize,
    pub(super) answered: Vec<String>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) updates: VecDeque<Pending>,
    pub(super) next_update: i64,
    pub(super) webhook: Option<Webhook>,
    pub(super) deliver_twice: bool,
    /// How often updates were asked for: an older request ends when a newer one comes.
    pub(super) polls: u64,
    last_message: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
}

/// An update that is not confirmed.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: i64,
    pub(super) chat: i64,
    pub(super) body: Value,
    pub(super) is_in_flight: bool,
    pub(super) not_before: Instant,
}

impl State {
    pub(super) fn new(token: Token) -> Self {
        let data = Data {
            sent: Vec::new(),
            attempts: 0,
            answered: Vec::new(),
            faults: VecDeque::new(),
            updates: VecDeque::new(),
            next_update: 1_000,
            webhook: None,
            deliver_twice: false,
            polls: 0,
            last_message: 0,
        };
        Self {
            token,
            data: Mutex::new(data),
            changed: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, chat: i64, make: impl FnOnce(&mut Data) -> Value) -> i64 {
        let mut data = self.lock();
        let id = data.next_update;
        data.next_update += 1;
        let mut body = make(&mut data);
        body["update_id"] = id.into();
        data.updates.push_back(Pending {
            id,
            chat,
            body,
            is_in_flight: false,
            not_before: Instant::now(),
        });
        drop(data);
        self.changed.notify_waiters();
        id
    }
}

impl Data {
    /// A message of a user, without content.
    pub(super) fn message(&mut self, place: Place, user: i64) -> Value {
        self.last_message += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let kind = match place.chat {
            chat if chat == user => "private",
            _ => "supergroup",
        };
        let mut message = json!({
            "message_id": self.last_message,
            "date": now.map_or(0, |now| now.as_secs()),
            "from": { "id": user, "is_bot": false, "first_name": "Ada" },
            "chat": { "id": place.chat, "type": kind },
        });
        if let Some(thread) = place.thread {
            message["message_thread_id"] = thread.into();
            message["is_topic_message"] = true.into();
        }
        message
    }

    pub(super) fn confirm(&mut self, update: i64) {
        self.updates.retain(|pending| pending.id != update);
    }
}
