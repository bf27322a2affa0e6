//! Whose conversation a message belongs to.

use vimbiso_state::bot::Inbound;
use vimbiso_state::id::ConversationKey;
use vimbiso_state::{Error, MessageId, UserId};

use crate::update::Received;

/// Who shares a session in a group. In a private chat, each user has one, and one for each topic of
/// the chat.
///
/// # Examples
/// ```
/// use vimbiso_telegram::Sessions;
///
/// assert_eq!(Sessions::default(), Sessions::PerMember);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sessions {
    /// Each member of a group has a session of their own, in each topic.
    #[default]
    PerMember,
    /// The members of a group share one session, in each topic: for a game or a poll. **One
    /// member answers for all**, so let no such conversation pay.
    PerChat,
}

impl Sessions {
    /// The id of the conversation: of the bot, the chat, the topic and the user.
    pub(crate) fn user_id(self, bot_id: &str, received: &Received) -> Result<UserId, Error> {
        let mut key = ConversationKey::default()
            .channel("telegram")
            .account(bot_id);
        if !received.is_private {
            key = key.chat(received.place.chat.to_string());
        }
        if let Some(thread) = received.place.thread {
            key = key.thread(thread.to_string());
        }
        if received.is_private || self == Self::PerMember {
            key = key.user(received.from.id.to_string());
        }
        Ok(key.user_id()?)
    }
}

/// The message for the bot. Its id is made of the bot and the update: a bot that shares a group
/// session is told each message once, and two bots have updates of the same number.
pub(crate) fn inbound<I: From<Received>>(
    user: UserId,
    bot_id: &str,
    update: i64,
    received: Received,
) -> Result<Inbound<I>, Error> {
    let mut message = MessageId::of_parts([bot_id, &update.to_string()])?;
    if let Some(seconds) = received.sent_at {
        message = message.sent_at_unix(seconds);
    }
    let to = received.place.to_string();
    Ok(Inbound::new(user, message, I::from(received)).reply_to(to))
}
