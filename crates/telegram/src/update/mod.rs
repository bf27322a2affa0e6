//! What Telegram delivers.

mod content;
mod shape;

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

pub use self::content::{Content, FileKind};
use crate::place::Place;

/// An update, as Telegram delivers it: at least once, to a webhook or by polling.
///
/// `Debug` shows no text, name or number of a user.
#[derive(Clone)]
#[non_exhaustive]
pub struct Update {
    /// Its id, the same at each delivery. **Later ids are not always greater**: after a week
    /// without an update, Telegram goes on at a random number.
    pub id: i64,
    /// What happened.
    pub event: Event,
    /// The id of the press of a button, to be answered even if it is ignored. The number of the
    /// user can be read from it.
    pub(crate) callback: Option<String>,
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("id", &self.id)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A user sent a message or pressed a button: a turn.
    Message(Box<Received>),
    /// A user blocked the bot or took it back, or a group added or removed it.
    Membership(Membership),
    /// A group became a supergroup and has another number from now on. Its conversations begin
    /// anew, as those of another chat; replies that were to go to the old number arrive.
    Migrated {
        /// The old number.
        from: i64,
        /// The new one.
        to: i64,
    },
    /// Nothing for a bot: an edited message, a reaction, a post of a channel, a message of another
    /// bot, a notice in a group such as a new member, a button without data or below a message of
    /// inline mode, or a kind that is not known.
    Ignored,
}

/// A message, or a button that was pressed.
///
/// `Debug` shows no text, name or number.
///
/// # Examples
/// A [`Conversation`](vimbiso_state::bot::Conversation) says what it takes of it:
/// ```
/// use vimbiso_telegram::{Content, Received};
///
/// enum Input {
///     Text(String),
///     Location(f64, f64),
///     Unreadable,
/// }
///
/// impl From<Received> for Input {
///     fn from(received: Received) -> Self {
///         match received.content {
///             Content::Text(text) | Content::Button(text) => Self::Text(text),
///             Content::Location { latitude, longitude } => Self::Location(latitude, longitude),
///             _ => Self::Unreadable,
///         }
///     }
/// }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Received {
    /// What it says.
    pub content: Content,
    /// Who sent it.
    pub from: Person,
    /// Where.
    pub place: Place,
    /// Whether that is a private chat with the bot.
    pub is_private: bool,
    /// When it was sent, in seconds since 1970. `None` for a button, whose time is not told.
    pub sent_at: Option<u64>,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("content", &self.content)
            .field("is_private", &self.is_private)
            .finish_non_exhaustive()
    }
}

/// The text, the id of the button, or the caption; empty if there is no text.
impl From<Received> for String {
    fn from(received: Received) -> Self {
        match received.content {
            Content::Text(text) | Content::Button(text) => text,
            other => other.text().unwrap_or_default().to_owned(),
        }
    }
}

/// Who sent a message, as they call themselves.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The number of the user.
    pub id: i64,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The name after the `@`. Users change it and pass it on, so it is no identity.
    pub username: Option<String>,
    /// The language of the user's app, such as `sn` or `pt-br`.
    pub language_code: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// Whether the bot can write to a chat has changed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Membership {
    /// The chat.
    pub chat: i64,
    /// Whether it is a private chat.
    pub is_private: bool,
    /// Whether the bot can write there. If not, the user has blocked it, or it is no member.
    pub can_write: bool,
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("is_private", &self.is_private)
            .field("can_write", &self.can_write)
            .finish_non_exhaustive()
    }
}

/// Reads the body of a webhook.
///
/// A field that is missing, unknown or of another type fails nothing: what cannot be understood
/// without it is [ignored](Event::Ignored).
///
/// # Errors
/// [`Malformed`] if the body is no JSON, or has no number `update_id`.
///
/// # Examples
/// ```
/// use vimbiso_telegram::{Event, parse};
///
/// let body = r#"{"update_id": 7, "message": {"message_id": 1, "date": 1767225600,
///     "from": {"id": 42, "is_bot": false, "first_name": "Ada"},
///     "chat": {"id": 42, "type": "private"}, "text": "hi"}}"#;
/// let update = parse(body.as_bytes())?;
/// let Event::Message(received) = update.event else { panic!("this is a message") };
/// assert_eq!(received.content.text(), Some("hi"));
/// assert!(parse(b"{}").is_err());
/// # Ok::<(), vimbiso_telegram::Malformed>(())
/// ```
pub fn parse(body: &[u8]) -> Result<Update, Malformed> {
    let value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    Update::of(value)
}

/// The text is no update of the Bot API. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no update of the Bot API: expected a JSON object with the number update_id")]
pub struct Malformed;

impl Update {
    pub(crate) fn of(value: Value) -> Result<Self, Malformed> {
        // Serde would read a list as the fields in their order.
        if !value.is_object() {
            return Err(Malformed);
        }
        let update = shape::Update::deserialize(value).map_err(|_| Malformed)?;
        let id = update.update_id.0.ok_or(Malformed)?;
        let mut callback = None;
        let event = if let Some(message) = update.message.0 {
            message_event(message)
        } else if let Some(mut query) = update.callback_query.0 {
            callback = query.id.0.take();
            pressed(query).map(|received| Event::Message(Box::new(received)))
        } else if let Some(changed) = update.my_chat_member.0 {
            membership(changed).map(Event::Membership)
        } else {
            None
        };
        Ok(Self {
            id,
            event: event.unwrap_or(Event::Ignored),
            callback,
        })
    }
}

fn message_event(message: shape::Message) -> Option<Event> {
    // What a channel posts into its group has no sender who reads an answer.
    if message.is_automatic_forward.0 == Some(true) {
        return None;
    }
    let (place, is_private) = place(&message)?;
    if let Some(to) = message.migrate_to_chat_id.0 {
        return Some(Event::Migrated {
            from: place.chat,
            to,
        });
    }
    let mut message = message;
    let from = person(message.from.0.take()?)?;
    let sent_at = message.date.0;
    Some(Event::Message(Box::new(Received {
        content: Content::of(message)?,
        from,
        place,
        is_private,
        sent_at,
    })))
}

fn pressed(query: shape::CallbackQuery) -> Option<Received> {
    // The message may be too old to be shown: then it has a chat and no more. A button below a
    // message of inline mode comes without the message, and the button of a game has no data.
    let message = query.message.0?;
    let (place, is_private) = place(&message)?;
    Some(Received {
        content: Content::Button(query.data.0?),
        from: person(query.from.0?)?,
        place,
        is_private,
        sent_at: None,
    })
}

fn membership(changed: shape::ChatMemberUpdated) -> Option<Membership> {
    let chat = changed.chat.0?;
    let status = changed.new_chat_member.0?.status.0?;
    Some(Membership {
        chat: chat.id.0?,
        is_private: chat.r#type.0.as_deref() == Some("private"),
        can_write: !matches!(status.as_str(), "kicked" | "left"),
    })
}

/// `None` for a channel, where users do not write.
fn place(message: &shape::Message) -> Option<(Place, bool)> {
    let chat = message.chat.0.as_ref()?;
    let kind = chat.r#type.0.as_deref()?;
    if kind == "channel" {
        return None;
    }
    // In a group without topics, a thread is a chain of answers, and no conversation of its own.
    let is_topic = message.is_topic_message.0 == Some(true);
    let thread = message.message_thread_id.0.filter(|_| is_topic);
    let place = Place {
        chat: chat.id.0?,
        thread,
    };
    Some((place, kind == "private"))
}

/// `None` for a bot: two bots that answer each other never stop.
fn person(user: shape::User) -> Option<Person> {
    if user.is_bot.0 == Some(true) {
        return None;
    }
    Some(Person {
        id: user.id.0?,
        first_name: user.first_name.0,
        last_name: user.last_name.0,
        username: user.username.0,
        language_code: user.language_code.0,
    })
}
