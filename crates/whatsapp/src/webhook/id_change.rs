//! A user who is called by another number or id from now on.

use std::fmt;

use vimbiso_state::{MessageId, UserId};

use super::message::Message;
use super::object::Object;
use super::sender::{Sender, without_plus};

/// A user is called by another number or id from now on.
///
/// Meta sends it as a message of the system, with an id of its own, at least once.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct IdChange {
    /// What has changed.
    pub kind: IdKind,
    /// The message that says so.
    pub notice: Message,
    /// What the user was called. A new number comes with a new business-scoped id, so both may be
    /// known.
    pub previous: Sender,
    /// What the user is called now.
    pub current: Sender,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// The phone number, and with it the business-scoped id.
    Number,
    /// The business-scoped id alone, as far as the business may know.
    UserId,
}

impl IdChange {
    /// The id of the notice, by which a second delivery is recognised.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        self.notice.message_id()
    }

    /// The user under the new id; `None` if Meta does not say it.
    #[must_use]
    pub fn current_user(&self) -> Option<UserId> {
        self.current.user()
    }

    /// The user under each id that is not used any more: the old number and the old business-scoped
    /// id, as far as Meta says them.
    #[must_use]
    pub fn previous_users(&self) -> Vec<UserId> {
        let current = self.current_user();
        let Sender { phone, user_id, .. } = &self.previous;
        [phone, user_id]
            .into_iter()
            .flatten()
            .filter_map(|key| UserId::encode(key).ok())
            .filter(|user| Some(user) != current.as_ref())
            .collect()
    }

    /// `None` if the message is no such notice.
    pub(super) fn read(message: &Object<'_>, notice: &Message) -> Option<Self> {
        if message.text("type")? != "system" {
            return None;
        }
        let system = message.object("system")?;
        let kind = match system.text("type")?.as_str() {
            "user_changed_number" | "customer_changed_number" => IdKind::Number,
            "user_changed_user_id" => IdKind::UserId,
            _ => return None,
        };
        let user_id = system.text("user_id");
        let previous_user_id = system
            .text("previous_user_id")
            .or_else(|| message.text("from_user_id"))
            .filter(|previous| Some(previous) != user_id.as_ref());
        let number = |name| match kind {
            IdKind::Number => system.text(name).map(without_plus),
            // The number is the one that it was.
            IdKind::UserId => None,
        };
        let phone = number("wa_id").or_else(|| number("new_wa_id"));
        let previous_phone = message.text("from").map(without_plus);
        Some(Self {
            kind,
            notice: notice.clone(),
            previous: Sender {
                phone: previous_phone.filter(|_| kind == IdKind::Number),
                user_id: previous_user_id,
                ..Sender::default()
            },
            current: Sender {
                phone,
                user_id,
                ..Sender::default()
            },
        })
    }
}

impl fmt::Debug for IdChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdChange")
            .field("kind", &self.kind)
            .field("previous", &self.previous)
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}
