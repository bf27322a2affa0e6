//! Where a message was written, and where its replies go.

use std::fmt;
use std::str::FromStr;

use vimbiso_state::UserId;
use vimbiso_state::id::ConversationKey;

/// A chat, or a topic of one. As text, the way a bot keeps it until a reply is sent: the number of
/// the chat, and after a `/` that of the topic.
///
/// # Examples
/// ```
/// use vimbiso_telegram::Place;
///
/// let topic: Place = "-1001234/55".parse()?;
/// assert_eq!(topic, Place { chat: -1001234, thread: Some(55) });
/// assert_eq!(topic.to_string(), "-1001234/55");
/// # Ok::<(), vimbiso_telegram::InvalidPlace>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The chat: the user's own number in a private chat, a negative number for a group.
    pub chat: i64,
    /// The topic of the chat, if it has topics and this is not the general one.
    pub thread: Option<i64>,
}

impl Place {
    /// The place of a conversation whose user id was made by this crate. `None` for another one.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    /// use vimbiso_telegram::Place;
    ///
    /// let user = ConversationKey::default().channel("telegram").user("42").user_id()?;
    /// assert_eq!(Place::of(&user), Some(Place { chat: 42, thread: None }));
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn of(user: &UserId) -> Option<Self> {
        let key = ConversationKey::decode(user)?;
        // A private chat has the number of its user.
        let chat = key.chat.or(key.user)?;
        let thread = match key.thread {
            Some(thread) => Some(thread.parse().ok()?),
            None => None,
        };
        Some(Self {
            chat: chat.parse().ok()?,
            thread,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.chat)?;
        match self.thread {
            Some(thread) => write!(f, "/{thread}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (chat, thread) = match text.split_once('/') {
            Some((chat, thread)) => (chat, Some(thread.parse().map_err(|_| InvalidPlace)?)),
            None => (text, None),
        };
        let chat = chat.parse().map_err(|_| InvalidPlace)?;
        Ok(Self { chat, thread })
    }
}

/// The text is not a [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid place: use the number of a chat, or that of a chat, a slash and that of a topic")]
pub struct InvalidPlace;
