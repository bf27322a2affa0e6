//! One message of a user.

use std::fmt;

use vimbiso_state::MessageId;

use super::content::Content;
use super::object::Object;
use super::sender::{Sender, without_plus};

/// One message of a user. Each part may be missing.
///
/// It is personal data: `Debug` shows the kind of its content and no text.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::webhook::{Event, parse};
///
/// let body = br#"{"entry":[{"changes":[{"field":"messages","value":{"messages":[{
///     "from":"263771234567","id":"wamid.1","timestamp":"1767225600",
///     "type":"text","text":{"body":"hi"}}]}}]}]}"#;
/// let events = parse(body)?;
/// let [Event::Message(message)] = &events[..] else { panic!("one message") };
/// assert_eq!(message.content.answer(), Some("hi"));
/// assert_eq!(message.sender.key(), Some("263771234567"));
/// assert!(message.message_id().is_some());
/// # Ok::<(), vimbiso_whatsapp::webhook::Malformed>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The `wamid`, for read marks and quotes.
    pub id: Option<String>,
    /// Who has written it. In an [`Echo`](super::Event::Echo), to whom it was written.
    pub sender: Sender,
    /// When it was sent, in seconds since 1970.
    pub sent: Option<u64>,
    /// What it says.
    pub content: Content,
    /// The message that it answers or forwards.
    pub context: Option<Context>,
    /// The group that it was written in, if it was.
    pub group: Option<String>,
    /// The business's own number that it was sent to, as the Graph API names it.
    pub phone_number_id: Option<String>,
}

/// What a message refers to. `Debug` does not show the id: a `wamid` holds a number.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// The `wamid` of the message that is quoted, or that has the button.
    pub id: Option<String>,
    /// Whether the user has forwarded it from another chat.
    pub forwarded: bool,
}

impl Message {
    /// The id by which a second delivery is recognised, with the time of sending, by which an old
    /// message is refused. `None` if the message has no id: then it must not be handled, for it
    /// would take effect at each delivery.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        let id = self.id.as_deref()?;
        // A longer id than the library takes becomes a hash.
        let id = MessageId::new(id)
            .or_else(|_| MessageId::of_parts([id]))
            .ok()?;
        Some(match self.sent {
            Some(seconds) => id.sent_at_unix(seconds),
            None => id,
        })
    }

    /// Whether the message may be a turn of a conversation: a person has written it to this bot
    /// alone. An edit, a reaction, a notice of the system and a message in a group are none, and
    /// neither is a kind of message that this release does not know.
    #[must_use]
    pub fn is_turn(&self) -> bool {
        self.group.is_none() && self.content.is_turn()
    }

    pub(super) fn read(
        message: &Object<'_>,
        contacts: &[Sender],
        phone_number_id: Option<&str>,
    ) -> Self {
        let sender = Sender {
            phone: message.text("from").map(without_plus),
            user_id: message.text("from_user_id"),
            ..Sender::default()
        };
        Self::of(message, sender.with_contact(contacts), phone_number_id)
    }

    /// A message of the business, which another sender wrote for it.
    pub(super) fn read_echo(message: &Object<'_>, phone_number_id: Option<&str>) -> Self {
        let recipient = Sender {
            phone: message.text("to").map(without_plus),
            user_id: message.text("to_user_id"),
            ..Sender::default()
        };
        Self::of(message, recipient, phone_number_id)
    }

    fn of(message: &Object<'_>, sender: Sender, phone_number_id: Option<&str>) -> Self {
        let context = message.object("context").map(|context| Context {
            id: context.text("id"),
            forwarded: context.flag("forwarded") || context.flag("frequently_forwarded"),
        });
        Self {
            id: message.text("id"),
            sender,
            sent: message.seconds("timestamp"),
            content: Content::read(message),
            context,
            group: message.text("group_id"),
            phone_number_id: phone_number_id.map(str::to_owned),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("forwarded", &self.forwarded)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("sender", &self.sender)
            .field("sent", &self.sent)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}
