//! A body, as the events in it.

use std::borrow::Cow;

use super::id_change::IdChange;
use super::message::Message;
use super::object::Object;
use super::sender::Sender;
use super::status::{ErrorReport, Status};

/// One thing that a webhook says.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // a batch has few, and each is handled at once
#[non_exhaustive]
pub enum Event {
    /// A message of a user.
    Message(Message),
    /// A user is called by another number or id from now on.
    IdChange(IdChange),
    /// What became of a message that was sent.
    Status(Status),
    /// A message that a person has sent for the business, from the WhatsApp Business app. The bot
    /// stays silent.
    Echo(Message),
    /// A message of a conversation that another agent holds. The bot stays silent.
    Standby(Message),
    /// Something went wrong at Meta that belongs to no message.
    Error(ErrorReport),
    /// A field that is no conversation, such as `account_update` or `history`.
    Other(String),
}

/// The body is no JSON object, so nothing in it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body of the webhook is not a JSON object")]
pub struct Malformed(());

/// Reads the body of a webhook. [Verify](crate::verify) it first.
///
/// The events come in the order in which they are written. Nothing in a batch can make it fail: a
/// message with a missing, unknown or wrongly typed field has what could be read of it, and a
/// message that cannot be read has [`Content::Unknown`](super::Content::Unknown).
///
/// # Errors
/// [`Malformed`] if the body is no JSON object.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::webhook::{Event, State, parse};
///
/// let body = br#"{"entry":[{"changes":[{"field":"messages","value":{"statuses":[
///     {"id":"wamid.9","status":"read","recipient_id":"263771234567"}]}}]}]}"#;
/// let events = parse(body)?;
/// assert!(matches!(&events[..], [Event::Status(status)] if status.state == State::Read));
/// assert!(parse(b"hello").is_err());
/// assert_eq!(parse(b"{}")?, []);
/// # Ok::<(), vimbiso_whatsapp::webhook::Malformed>(())
/// ```
pub fn parse(raw_body: &[u8]) -> Result<Vec<Event>, Malformed> {
    let body: Cow<'_, str> = String::from_utf8_lossy(raw_body);
    let body = Object::read(&body).ok_or(Malformed(()))?;
    let mut events = Vec::new();
    for entry in body.objects("entry") {
        for change in entry.objects("changes") {
            read_change(&change, &mut events);
        }
    }
    Ok(events)
}

fn read_change(change: &Object<'_>, events: &mut Vec<Event>) {
    // A change without a field is read as a message: only the other fields silence the bot.
    let field = change
        .text("field")
        .unwrap_or_else(|| "messages".to_owned());
    let Some(value) = change.object("value") else {
        events.push(Event::Other(field));
        return;
    };
    let account = value
        .object("metadata")
        .and_then(|metadata| metadata.text("phone_number_id"));
    let account = account.as_deref();
    let contacts: Vec<Sender> = value
        .objects("contacts")
        .map(|contact| Sender::from_contact(&contact))
        .collect();
    let messages = value.objects("messages");
    let echoes = value
        .objects("message_echoes")
        .map(|echo| Event::Echo(Message::read_echo(&echo, account)));
    match field.as_str() {
        "messages" => {
            events.extend(messages.map(|object| {
                let message = Message::read(&object, &contacts, account);
                match IdChange::read(&object, &message) {
                    Some(change) => Event::IdChange(change),
                    None => Event::Message(message),
                }
            }));
            events.extend(echoes);
            let statuses = value.objects("statuses");
            events.extend(statuses.map(|status| Event::Status(Status::read(&status, account))));
            events.extend(ErrorReport::read_all(&value).into_iter().map(Event::Error));
        }
        "smb_message_echoes" | "message_echoes" => events.extend(echoes),
        "standby" => {
            let standby = |object| Event::Standby(Message::read(&object, &contacts, account));
            events.extend(messages.map(standby));
            events.extend(echoes);
        }
        _ => events.push(Event::Other(field)),
    }
}
