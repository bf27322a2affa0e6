//! The bearer token of a user, kept out of every log.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A bearer token for the host's API.
///
/// Guaranteed to be 1 byte to 16 KiB of visible ASCII. `Debug` is redacted, there is no `Display`
/// and no serde; only [`expose`](Self::expose) gives the text. A store keeps tokens apart from
/// session data. Cheap to clone.
///
/// If the text is a signed JSON Web Token, its `exp` and `iat` claims are read, without verifying
/// the signature. A signed JSON Web Token has three parts, a header with `alg`, a signature, and an
/// `exp` that is a whole number of seconds or absent. Any other text is opaque: it can be stored,
/// but [`with_token`](crate::StateManager::with_token) does not use it and asks the token source
/// for another.
///
/// # Examples
/// ```
/// use vimbiso_state::JwtToken;
///
/// let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjM4NjMyMDB9.c2ln")?;
/// assert_eq!(format!("{token:?}"), "JwtToken(redacted)");
/// let exp = token.expires_at().ok_or("no exp")?;
/// assert_eq!(exp.duration_since(std::time::UNIX_EPOCH)?.as_secs(), 1_763_863_200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct JwtToken(Arc<str>);

impl JwtToken {
    /// The longest token, in bytes.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Checks a text as its issuer gave it.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is empty, longer than 16 KiB, or contains anything but visible ASCII.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidToken> {
        let text = text.as_ref();
        if text.is_empty() || text.len() > Self::MAX_LEN {
            return Err(InvalidToken::Length { bytes: text.len() });
        }
        // A header field carries it, where a space or a line break would begin something else.
        match text.bytes().position(|b| !b.is_ascii_graphic()) {
            Some(at) => Err(InvalidToken::Character { at }),
            None => Ok(Self(text.into())),
        }
    }

    /// The text, for the `Authorization` header. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// When the token says it expires, in whole seconds. `None` if it has no `exp`, or is not a
    /// signed JSON Web Token.
    ///
    /// Reads the claim **without verifying the signature**: use it to know when to ask for a new
    /// token, never to trust one.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.claims().ok()?.expires_at
    }

    /// Reads the claims. The one rule for what a signed JSON Web Token is.
    pub(crate) fn claims(&self) -> Result<Claims, InvalidToken> {
        self.read_claims().ok_or(InvalidToken::Malformed)
    }

    fn read_claims(&self) -> Option<Claims> {
        let [header, payload, signature] = parts(&self.0)?;
        json_object(header)?.get("alg")?.as_str()?;
        let signed = URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|signature| !signature.is_empty());
        let claims = json_object(payload).filter(|_| signed)?;
        let expires_at = match claims.get("exp") {
            Some(exp) => Some(seconds(exp)?),
            None => None,
        };
        Some(Claims {
            issued_at: claims.get("iat").and_then(seconds),
            expires_at,
        })
    }

    /// How long a store keeps the token: until its `exp`, and for the TTL at most.
    pub(crate) fn time_left(&self, ttl: Duration) -> Result<Duration, InvalidToken> {
        let left = match self.expires_at() {
            Some(exp) => exp
                .duration_since(SystemTime::now())
                .map_err(|_| InvalidToken::Expired)?,
            None => ttl,
        };
        let kept = left.min(ttl);
        // A store counts in milliseconds.
        if kept < Duration::from_millis(1) {
            return Err(InvalidToken::Expired);
        }
        Ok(kept)
    }
}

/// When a token was issued and when it expires; `None` if it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) issued_at: Option<SystemTime>,
    pub(crate) expires_at: Option<SystemTime>,
}

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
    /// Its `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// It is not a signed JSON Web Token, or its `exp` is not a whole number of seconds.
    #[error("not a signed JSON Web Token, or its `exp` is not a whole number of seconds")]
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

fn parts(text: &str) -> Option<[&str; 3]> {
    let mut parts = text.split('.');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

fn seconds(claim: &serde_json::Value) -> Option<SystemTime> {
    // A number too large for a time is no time.
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(claim.as_u64()?))
}

fn json_object(base64url: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(base64url).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> JwtToken {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        JwtToken::new(format!(
            "{}.{}.{}",
            part(r#"{"alg":"HS256"}"#),
            part(payload),
            part("sig")
        ))
        .unwrap()
    }

    #[test]
    fn exp_is_read_if_it_is_a_whole_number_of_seconds() {
        assert_eq!(
            jwt(r#"{"exp":7}"#).expires_at(),
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(7))
        );
        for payload in [
            "{}",
            r#"{"exp":"7"}"#,
            r#"{"exp":-7}"#,
            r#"{"exp":7.5}"#,
            r#"{"exp":null}"#,
            r#"{"exp":1e400}"#,
            r#"{"exp":18446744073709551615}"#,
            "[]",
            "7",
            "{",
            "",
        ] {
            assert_eq!(jwt(payload).expires_at(), None, "{payload}");
        }
    }

    #[test]
    fn opaque_text_has_no_expiry_and_is_kept_for_the_ttl() {
        let token = jwt(r#"{"exp":7}"#);
        let (two, _) = token.expose().rsplit_once('.').unwrap();
        let ttl = Duration::from_secs(300);
        for text in [
            two.to_owned(),
            format!("{two}."),
            token.expose().replacen("eyJ", "ey9", 1),
            format!("{}.x", token.expose()),
            format!("{}==", token.expose().replace('.', "=.")),
            "opaque".into(),
        ] {
            let opaque = JwtToken::new(text).unwrap();
            assert_eq!(opaque.expires_at(), None);
            assert_eq!(opaque.time_left(ttl), Ok(ttl));
        }
        assert_eq!(token.time_left(ttl), Err(InvalidToken::Expired));
    }

    #[test]
    fn one_rule_reads_exp_for_keeping_and_for_using() {
        for payload in ["{}", r#"{"exp":7}"#, r#"{"exp":-7}"#, "[]"] {
            let token = jwt(payload);
            let used = token.claims().ok().and_then(|claims| claims.expires_at);
            assert_eq!(token.expires_at(), used, "{payload}");
        }
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
