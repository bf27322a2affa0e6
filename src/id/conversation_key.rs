//! Which conversation a message belongs to, if the user alone does not tell.

use std::fmt;

use super::escape::{HASHED_KEY, push_escaped, unescaped};
use super::user_id::{InvalidUserId, UserId};

/// Names a conversation by its channel, account, chat, thread and user, for a bot that needs more
/// than the user: it serves several channels or accounts, or talks in groups and threads.
///
/// Name the parts that keep conversations apart, and no others. Each combination is a session of
/// its own:
///
/// | one session for | name |
/// |---|---|
/// | each user, whichever chat they write in | `user` |
/// | each user of each channel | `channel`, `user` |
/// | each user within each group | `chat`, `user` |
/// | a whole group, whose members share one session | `chat` |
/// | each thread of a group | `chat`, `thread` |
/// | each user of each of the bot's phone numbers or pages | `account`, `user` |
///
/// [`user_id`](Self::user_id) makes the id under which the session is kept. **Two keys never have
/// one id**, and no key has the id of a text that [`UserId::encode`] takes. A part that is absent
/// differs from one that is empty.
///
/// `Debug` shows which parts there are, and none of their texts.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Cafe;
/// use vimbiso_state::id::ConversationKey;
/// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let group = ConversationKey::default().channel("telegram").chat("-1001234");
/// let ada = group.clone().user("42").user_id()?;
/// let bob = group.user("43").user_id()?;
///
/// let message = MessageId::new("update-7")?;
/// manager
///     .handle(&ada, &message, |turn| {
///         turn.data_mut().drinks.push("tea".to_owned());
///         Ok(Step::Commit(()))
///     })
///     .await?;
/// assert_eq!(manager.load(&ada).await?.data().drinks, ["tea"]);
/// assert!(manager.load(&bob).await?.data().drinks.is_empty());
///
/// // Where to send the reply:
/// let key = ConversationKey::decode(&ada).unwrap_or_default();
/// assert_eq!(key.chat.as_deref(), Some("-1001234"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct ConversationKey {
    /// The channel, such as `whatsapp`.
    pub channel: Option<String>,
    /// The bot's own account on the channel: a phone number id, a page, a workspace.
    pub account: Option<String>,
    /// The chat or group.
    pub chat: Option<String>,
    /// The thread within the chat.
    pub thread: Option<String>,
    /// The user.
    pub user: Option<String>,
}

impl ConversationKey {
    /// Names the channel.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// let on = |channel| ConversationKey::default().channel(channel).user("42").user_id();
    /// assert_ne!(on("telegram")?, on("viber")?);
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Names the bot's own account on the channel.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// let at = |account| ConversationKey::default().account(account).user("42").user_id();
    /// assert_ne!(at("page-1")?, at("page-2")?);
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Names the chat or group.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// let shared = ConversationKey::default().chat("-1001234").user_id()?;
    /// assert_eq!(shared.expose(), "+g-1001234");
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn chat(mut self, chat: impl Into<String>) -> Self {
        self.chat = Some(chat.into());
        self
    }

    /// Names the thread within the chat.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// let chat = ConversationKey::default().chat("C024BE91L");
    /// let thread = chat.clone().thread("1355517523.000005");
    /// assert_ne!(chat.user_id()?, thread.user_id()?);
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn thread(mut self, thread: impl Into<String>) -> Self {
        self.thread = Some(thread.into());
        self
    }

    /// Names the user.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// let key = ConversationKey::default().chat("C024BE91L").user("U0G9QF9C6");
    /// assert_eq!(key.user_id()?.expose(), "+gC024BE91L+uU0G9QF9C6");
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The id of this conversation. It is the same in every process and release.
    ///
    /// Each part is written as a `+`, its letter and its text, as [`UserId::encode`] writes one.
    /// If that is longer than [`UserId::MAX_LEN`], the id is `+k` and a SHA-256 instead, and cannot
    /// be read back: keep in the data what you need of the key.
    ///
    /// # Errors
    /// [`InvalidUserId::NoConversation`] if there is neither a chat nor a user, or all there is of
    /// them is empty: everyone would share one session.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// assert!(ConversationKey::default().channel("telegram").user_id().is_err());
    /// assert!(ConversationKey::default().channel("telegram").user("42").user_id().is_ok());
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    pub fn user_id(&self) -> Result<UserId, InvalidUserId> {
        let names = |part: &Option<String>| part.as_ref().is_some_and(|text| !text.is_empty());
        if !names(&self.chat) && !names(&self.user) {
            return Err(InvalidUserId::NoConversation);
        }
        let id = self.written();
        Ok(UserId::or_hash(&id, HASHED_KEY, &id))
    }

    /// The key that this id was made of. `None` if the id is a hash or that of a single text.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    /// use vimbiso_state::id::ConversationKey;
    ///
    /// let key = ConversationKey::default().channel("telegram").user("42");
    /// assert_eq!(ConversationKey::decode(&key.user_id()?), Some(key));
    /// assert_eq!(ConversationKey::decode(&UserId::new("42")?), None);
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn decode(id: &UserId) -> Option<Self> {
        Self::read(id.expose())
    }

    /// Reads exactly what [`user_id`](Self::user_id) writes, if it is no hash.
    pub(super) fn read(id: &str) -> Option<Self> {
        let mut key = Self::default();
        let mut rest = id;
        while !rest.is_empty() {
            let mut chars = rest.strip_prefix('+')?.chars();
            let part = match chars.next()? {
                'c' => &mut key.channel,
                'a' => &mut key.account,
                'g' => &mut key.chat,
                't' => &mut key.thread,
                'u' => &mut key.user,
                _ => return None,
            };
            let (escaped, further) = split_part(chars.as_str());
            *part = Some(unescaped(escaped)?);
            rest = further;
        }
        // The parts have one order, and each is there once.
        let is_canonical = key.user_id().is_ok_and(|made| made.expose() == id);
        is_canonical.then_some(key)
    }

    fn parts(&self) -> [(char, &Option<String>); 5] {
        [
            ('c', &self.channel),
            ('a', &self.account),
            ('g', &self.chat),
            ('t', &self.thread),
            ('u', &self.user),
        ]
    }

    /// The parts, each with its letter before it.
    fn written(&self) -> String {
        let mut id = String::new();
        for (letter, part) in self.parts() {
            if let Some(text) = part {
                id.push('+');
                id.push(letter);
                push_escaped(&mut id, text);
            }
        }
        id
    }
}

/// Splits off the first part: an escape has capitals, so a small letter begins the next part.
fn split_part(text: &str) -> (&str, &str) {
    let begins = |at: &usize| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_lowercase())
    };
    let mut signs = text.match_indices('+').map(|(at, _)| at);
    let end = signs.find(begins).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

impl fmt::Debug for ConversationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &Option<String>| part.as_ref().map(|_| "…");
        f.debug_struct("ConversationKey")
            .field("channel", &shown(&self.channel))
            .field("account", &shown(&self.account))
            .field("chat", &shown(&self.chat))
            .field("thread", &shown(&self.thread))
            .field("user", &shown(&self.user))
            .finish()
    }
}

#[cfg(test)]
mod tests;
