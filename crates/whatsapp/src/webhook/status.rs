//! What became of a message that was sent, and what went wrong.

use std::fmt;

use super::object::Object;

/// What became of a message that the business has sent.
///
/// Statuses come in any order and more than once, also long after the message.
///
/// `Debug` shows what became of it, and nothing that names the user: a `wamid` holds the number.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The `wamid` that the Graph API gave to the message.
    pub id: Option<String>,
    /// To whom it was sent: the phone number, or else the business-scoped id.
    pub recipient: Option<String>,
    /// What became of it.
    pub state: State,
    /// When, in seconds since 1970.
    pub at: Option<u64>,
    /// The text that was sent along with the message: here, the id of the bot's reply.
    pub biz_opaque_callback_data: Option<String>,
    /// The billed conversation.
    pub conversation: Option<String>,
    /// Why it failed.
    pub errors: Vec<ErrorReport>,
    /// The business's own number that it was sent by, as the Graph API names it.
    pub phone_number_id: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// WhatsApp has accepted it.
    Sent,
    /// It is on the user's phone.
    Delivered,
    /// The user has seen it.
    Read,
    /// It does not reach the user; [`errors`](Status::errors) say why.
    Failed,
    /// Something that this release does not know, as Meta calls it.
    Other(String),
}

impl State {
    /// The word of the webhook: `sent`, `delivered`, `read`, `failed`, or what Meta has written.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }
}

impl Status {
    pub(super) fn read(status: &Object<'_>, phone_number_id: Option<&str>) -> Self {
        let state = match status.text("status").unwrap_or_default().as_str() {
            "sent" => State::Sent,
            "delivered" => State::Delivered,
            "read" | "played" => State::Read,
            "failed" => State::Failed,
            other => State::Other(other.to_owned()),
        };
        let recipient = status.text("recipient_id");
        Self {
            id: status.text("id"),
            recipient: recipient.or_else(|| status.text("recipient_user_id")),
            state,
            at: status.seconds("timestamp"),
            biz_opaque_callback_data: status.text("biz_opaque_callback_data"),
            conversation: status
                .object("conversation")
                .and_then(|conversation| conversation.text("id")),
            errors: ErrorReport::read_all(status),
            phone_number_id: phone_number_id.map(str::to_owned),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("state", &self.state)
            .field("at", &self.at)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// What went wrong, as Meta says.
///
/// `Debug` shows the code. The texts may hold a number or a text of the user: keep them out of
/// logs.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorReport {
    /// The number to look up in Meta's list of error codes.
    pub code: Option<i64>,
    /// What it means.
    pub title: Option<String>,
    /// What it means in this case.
    pub details: Option<String>,
}

impl ErrorReport {
    pub(super) fn read_all(object: &Object<'_>) -> Vec<Self> {
        let read = |error: Object<'_>| Self {
            code: error.number("code"),
            title: error.text("title").or_else(|| error.text("message")),
            details: error
                .object("error_data")
                .and_then(|data| data.text("details")),
        };
        object.objects("errors").map(read).collect()
    }
}

impl fmt::Debug for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorReport")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
