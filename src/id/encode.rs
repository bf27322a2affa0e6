//! Any text as a user id.

use super::conversation_key::ConversationKey;
use super::escape::{HASHED, HASHED_KEY, push_escaped, unescaped};
use super::hex::is_hex;
use super::user_id::{InvalidUserId, UserId};

impl UserId {
    /// Takes any text that a channel calls a user: an e-mail address, `whatsapp:+263771234567` of
    /// Twilio, `@ada:example.org` of Matrix, an id in base64.
    ///
    /// **Two texts never have one id.** A text that [`new`](Self::new) accepts has the id that
    /// `new` returns, so a bot may use both. In any other text each byte other than
    /// `A–Z a–z 0–9 . @ -` is written as `+` and two hexadecimal digits, and
    /// [`decode`](Self::decode) returns the text. If that is longer than
    /// [`MAX_LEN`](Self::MAX_LEN), the id is `+h` and the SHA-256 of the text instead. It cannot be
    /// read back then, so keep the text in the data if you need it.
    ///
    /// The text is taken as it is: `Ada@example.com` and `ada@example.com`, or a letter in two
    /// Unicode forms, are two users. Bring it to one form first if the channel does not.
    ///
    /// # Errors
    /// [`InvalidUserId::Empty`] if the text is empty, because that is a sender whom the channel did
    /// not name: all of them would share one session.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// let user = UserId::encode("whatsapp:+263771234567")?;
    /// assert_eq!(user.expose(), "whatsapp+3A+2B263771234567");
    /// assert_eq!(user.decode().as_deref(), Some("whatsapp:+263771234567"));
    ///
    /// // An id of Microsoft Teams may have 258 characters.
    /// let long = UserId::encode(format!("29:{}", "a".repeat(255)))?;
    /// assert_eq!(long.expose().len(), 66);
    /// assert_eq!(long.decode(), None);
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    pub fn encode(text: impl AsRef<str>) -> Result<Self, InvalidUserId> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        let mut id = String::with_capacity(text.len().min(Self::MAX_LEN));
        push_escaped(&mut id, text);
        Ok(Self::or_hash(&id, HASHED, text))
    }

    /// The text that [`encode`](Self::encode) or [`new`](Self::new) was given. `None` if the id is
    /// a hash, or that of a [`ConversationKey`].
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// assert_eq!(UserId::encode("ada lovelace")?.decode().as_deref(), Some("ada lovelace"));
    /// assert_eq!(UserId::new("ada")?.decode().as_deref(), Some("ada"));
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn decode(&self) -> Option<String> {
        unescaped(self.expose())
    }

    /// Reads back what [`expose`](Self::expose) returned, from a table of the host for example.
    ///
    /// # Errors
    /// [`InvalidUserId::NotExposed`] if `expose` returns no such text. A text of a channel is taken
    /// by [`new`](Self::new) or [`encode`](Self::encode).
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// let user = UserId::encode("@ada:example.org")?;
    /// assert_eq!(UserId::from_exposed(user.expose())?, user);
    /// assert!(UserId::from_exposed("@ada:example.org").is_err());
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    pub fn from_exposed(id: impl AsRef<str>) -> Result<Self, InvalidUserId> {
        let id = id.as_ref();
        let is_hash = [HASHED, HASHED_KEY]
            .iter()
            .filter_map(|prefix| id.strip_prefix(prefix))
            .any(|hash| is_hex(hash, 64));
        let is_escaped = !id.is_empty() && unescaped(id).is_some();
        let is_short = id.len() <= Self::MAX_LEN;
        if is_short && (is_hash || is_escaped || ConversationKey::read(id).is_some()) {
            Ok(Self::checked(id))
        } else {
            Err(InvalidUserId::NotExposed)
        }
    }
}

#[cfg(test)]
mod tests;
