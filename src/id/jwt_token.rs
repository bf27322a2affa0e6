//! The bearer token of a user, kept out of every log.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Claims;

/// A bearer token for the host's API.
///
/// Any text of 1 byte to 16 KiB of visible ASCII. `Debug` is redacted, there is no `Display` and no
/// serde; only [`expose`](Self::expose) gives the text. A store keeps tokens apart from session
/// data. Cheap to clone.
///
/// # When it ends
/// If the text is a JSON Web Token, its `exp`, `iat` and `nbf` are read. The signature is not
/// verified: whether the token is good is the API's to say. A JSON Web Token is three parts with
/// dots between them, the first of which is a JSON object with `alg`, in base64url with or without
/// padding; `alg` may be `none`, and the third part empty.
///
/// | `exp` | what it means |
/// |---|---|
/// | `1900000000`, `1900000000.9`, `1.9e9` | that second of 1970 and later; a fraction is cut off |
/// | `-1` | it ended long ago |
/// | `1e300` | it ends with the year 9999 |
/// | absent, `null` | it does not say |
/// | a text, `true`, a list, twice | [`InvalidToken::Malformed`]: it cannot be read |
///
/// Every other text is opaque, an encrypted token (JWE, five parts) included: it does not say when
/// it ends. It is used as long as the store keeps it, which is the manager's TTL, or what its
/// source [states](crate::token::IssuedToken::expires_in).
///
/// # Examples
/// ```
/// use vimbiso_state::JwtToken;
///
/// let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjM4NjMyMDB9.c2ln")?;
/// assert_eq!(format!("{token:?}"), "JwtToken(redacted)");
/// let exp = token.expires_at().ok_or("no exp")?;
/// assert_eq!(exp.duration_since(std::time::UNIX_EPOCH)?.as_secs(), 1_763_863_200);
///
/// let opaque = JwtToken::new("gho_16C7e42F292c6912E7710c838347Ae178B4a")?;
/// assert_eq!(opaque.expires_at(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct JwtToken {
    text: Arc<str>,
    claims: Claims,
}

impl JwtToken {
    /// The longest token, in bytes.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Checks a text as its issuer gave it.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is empty, longer than 16 KiB, or contains anything but visible ASCII,
    /// or if it is a JSON Web Token whose `exp` cannot be read. A token that has expired is not
    /// refused here.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidToken> {
        let text = text.as_ref();
        if text.is_empty() || text.len() > Self::MAX_LEN {
            return Err(InvalidToken::Length { bytes: text.len() });
        }
        // A header field carries it, where a space or a line break would begin something else.
        if let Some(at) = text.bytes().position(|b| !b.is_ascii_graphic()) {
            return Err(InvalidToken::Character { at });
        }
        Ok(Self {
            claims: Claims::of(text).ok_or(InvalidToken::Malformed)?,
            text: text.into(),
        })
    }

    /// The text, for the `Authorization` header. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// When the token says it expires, in whole seconds. `None` if it has no `exp`, or is not a
    /// JSON Web Token.
    ///
    /// Reads the claim **without verifying the signature**: use it to know when to ask for a new
    /// token, never to trust one.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.claims.expires_at
    }

    pub(crate) fn claims(&self) -> Claims {
        self.claims
    }
}

impl PartialEq for JwtToken {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JwtToken {}

impl fmt::Debug for JwtToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtToken(redacted)")
    }
}

/// Why a token is not accepted. Never shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// It is empty or longer than [`JwtToken::MAX_LEN`].
    #[error("invalid token of {bytes} bytes: use 1 to {}", JwtToken::MAX_LEN)]
    Length {
        /// Its length.
        bytes: usize,
    },
    /// Its `exp` has passed by the clock of this machine, or its stated life is over.
    #[error(
        "the token has expired by the clock of this machine: check the clock, or state how long \
         the token lives (`IssuedToken::expires_in`)"
    )]
    Expired,
    /// It is a JSON Web Token whose claims, or whose `exp`, cannot be read.
    #[error(
        "invalid JSON Web Token: its claims must be a JSON object, and `exp` a number of seconds \
         since 1970 (any text that is no JSON Web Token is accepted as an opaque token)"
    )]
    Malformed,
    /// It contains a byte that is not visible ASCII.
    #[error("invalid token: byte {at} is not visible ASCII")]
    Character {
        /// The position of the first such byte.
        at: usize,
    },
}

/// Whether a text contains a JSON Web Token: three parts, of which the first is an object with
/// `alg`.
///
/// Takes linear time, and allocates only if something looks like the start of an object.
pub(crate) fn holds_jwt(text: &str) -> bool {
    let parts = || text.split('.');
    // Other text may precede the first part and follow the third, so only the second is checked
    // whole.
    parts()
        .zip(parts().skip(1))
        .zip(parts().skip(2))
        .any(|((first, payload), _)| {
            let header = unpadded(first)
                .rsplit(outside_base64url)
                .next()
                .unwrap_or_default();
            // `{` and a quotation mark or a space.
            // Cheap, and wrong for almost every text, so little is decoded.
            matches!(header.get(..2), Some("ey" | "ew"))
                && !unpadded(payload).contains(outside_base64url)
                && json_object(header).is_some_and(|header| header.contains_key("alg"))
        })
}

fn unpadded(base64url: &str) -> &str {
    base64url.trim_end_matches('=')
}

fn outside_base64url(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn json_object(base64url: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(base64url).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::claims::tests::text;

    fn jwt(payload: &str) -> JwtToken {
        JwtToken::new(text(payload)).unwrap()
    }

    #[test]
    fn token_outside_its_limits_is_refused() {
        assert_eq!(JwtToken::new(""), Err(InvalidToken::Length { bytes: 0 }));
        assert!(JwtToken::new("a".repeat(JwtToken::MAX_LEN)).is_ok());
        assert_eq!(
            JwtToken::new("a".repeat(JwtToken::MAX_LEN + 1)),
            Err(InvalidToken::Length {
                bytes: JwtToken::MAX_LEN + 1
            })
        );
        assert_eq!(
            JwtToken::new("Bearer x"),
            Err(InvalidToken::Character { at: 6 })
        );
    }

    #[test]
    fn jwt_is_found_in_a_text_and_a_version_number_is_not() {
        assert!(holds_jwt(jwt("{}").expose()));
        assert!(holds_jwt(&format!("Bearer {}", jwt("{}").expose())));
        for innocent in [
            "1.2.3",
            "a.b.c",
            "www.example.com",
            "wait... what",
            "e30.e30.e30",
            "",
        ] {
            assert!(!holds_jwt(innocent), "{innocent}");
        }
    }

    #[test]
    fn jwt_is_found_with_any_text_around_it() {
        let jwt = jwt("{}");
        let jwt = jwt.expose();
        for text in [
            format!("https://x/?token={jwt}"),
            format!("https://api.example.com/?a=b&jwt={jwt}&c=d"),
            format!("jwt={jwt}"),
            format!("my token is {jwt}."),
            format!("...{jwt}..."),
            format!("a.b.{jwt}.c.d"),
            format!("é{jwt}é"),
            jwt.replace(".e30.", ".e30=."),
            jwt.replace(".e30.", ".."),
            format!(
                "{}.e30.",
                URL_SAFE_NO_PAD.encode("{\n  \"alg\": \"none\"\n}")
            ),
        ] {
            assert!(holds_jwt(&text), "{text}");
        }
        let (header, _) = jwt.split_once('.').unwrap();
        for innocent in [
            header.to_owned(),
            format!("{header}.e30"),
            format!("{header}. Then. So."),
        ] {
            assert!(!holds_jwt(&innocent), "{innocent}");
        }
    }
}
