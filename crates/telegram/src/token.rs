//! The secrets of a bot: the token of the Bot API, and that of its webhook.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use subtle::ConstantTimeEq;

/// The token of a bot, as BotFather gives it: `123456789:AAH…`.
///
/// `Debug` shows the bot's id alone, which is no secret. The Bot API wants the token in the path of
/// its URLs, so a [`Client`](crate::Client) removes URLs from its errors.
///
/// # Examples
/// ```
/// use vimbiso_telegram::Token;
///
/// let token = Token::new("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")?;
/// assert_eq!(token.bot_id(), "123456789");
/// assert_eq!(format!("{token:?}"), "Token(123456789:…)");
/// # Ok::<(), vimbiso_telegram::InvalidToken>(())
/// ```
#[derive(Clone)]
pub struct Token {
    text: Arc<str>,
    id: usize,
}

impl Token {
    /// Takes the token as BotFather gives it.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is not a number, a colon, and 1 to 128 of `A–Z a–z 0–9 _ -`.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_telegram::Token;
    ///
    /// assert!(Token::new("my bot").is_err());
    /// ```
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidToken> {
        let text = text.as_ref();
        let (id, secret) = text.split_once(':').ok_or(InvalidToken)?;
        let is_id = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_id || secret.len() > 128 || !is_plain(secret) {
            return Err(InvalidToken);
        }
        Ok(Self {
            text: text.into(),
            id: id.len(),
        })
    }

    /// The number before the colon: the user id of the bot.
    #[must_use]
    pub fn bot_id(&self) -> &str {
        self.text.get(..self.id).unwrap_or_default()
    }

    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}:…)", self.bot_id())
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        Self::new(text)
    }
}

/// The text is not the token of a bot. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid bot token: use it as BotFather gives it, a number, a colon and a secret")]
pub struct InvalidToken;

/// What Telegram sends with each update in the header `X-Telegram-Bot-Api-Secret-Token`, so that a
/// webhook knows its own updates: the `secret_token` of
/// [`set_webhook`](crate::Client::set_webhook). Choose it at random, for example with
/// `openssl rand -hex 32`.
///
/// `Debug` shows nothing of it.
///
/// # Examples
/// ```
/// use vimbiso_telegram::{WebhookSecret, verify};
///
/// let secret = WebhookSecret::new("2b7e151628aed2a6")?;
/// assert!(verify(&secret, Some(b"2b7e151628aed2a6")));
/// assert!(!verify(&secret, Some(b"2b7e151628aed2a7")));
/// assert!(!verify(&secret, None));
/// # Ok::<(), vimbiso_telegram::InvalidSecret>(())
/// ```
#[derive(Clone)]
pub struct WebhookSecret(Arc<str>);

impl WebhookSecret {
    /// Takes a secret of 1 to 256 of `A–Z a–z 0–9 _ -`, as Telegram wants it.
    ///
    /// # Errors
    /// [`InvalidSecret`] if it is empty, longer, or has another character.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_telegram::WebhookSecret;
    ///
    /// assert!(WebhookSecret::new("").is_err());
    /// ```
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidSecret> {
        let text = text.as_ref();
        if text.len() > 256 || !is_plain(text) {
            return Err(InvalidSecret);
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The text cannot be the secret of a webhook. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid webhook secret: use 1 to 256 of A-Z a-z 0-9 _ -")]
pub struct InvalidSecret;

/// Whether a request comes from Telegram: its header `X-Telegram-Bot-Api-Secret-Token` is the
/// secret. Takes the same time for every header of the right length.
///
/// # Examples
/// See [`WebhookSecret`].
#[must_use]
pub fn verify(secret: &WebhookSecret, header: Option<&[u8]>) -> bool {
    let header = header.unwrap_or_default();
    bool::from(secret.expose().as_bytes().ct_eq(header))
}

fn is_plain(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_tokens_are_refused() {
        for bad in [
            "", ":", "1:", ":a", "a:b", "1:b c", "1:b/c", "1:a:b", "1", "-1:a",
        ] {
            assert!(Token::new(bad).is_err(), "{bad:?}");
        }
        assert!(Token::new(format!("1:{}", "a".repeat(129))).is_err());
        assert!(Token::new("1:aB_-9").is_ok());
    }

    #[test]
    fn secret_is_the_whole_header() {
        let secret = WebhookSecret::new("s3cret").unwrap();
        for other in [
            &b"s3cre"[..],
            b"s3crets",
            b"",
            b"S3cret",
            b" s3cret",
            b"s3cret\xff",
        ] {
            assert!(!verify(&secret, Some(other)));
        }
        assert!(verify(&secret, Some(b"s3cret")));
        assert!(WebhookSecret::new("two words").is_err());
        assert!(!format!("{secret:?}").contains("s3cret"));
    }
}
