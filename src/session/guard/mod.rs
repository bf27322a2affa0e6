//! The guard: data that holds a secret or exceeds a limit is not stored.

mod scan;

use super::Record;

/// Field names that the data must not have, compared without regard to case, `_` and `-`.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pin",
    "otp",
    "secret",
    "clientsecret",
    "privatekey",
    "apikey",
    "token",
    "jwt",
    "jwttoken",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "bearertoken",
    "authorization",
    "cvv",
    "cvc",
];

/// Why the data of a conversation is not stored. Names the field, never its value.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, Order};
/// use vimbiso_state::session::{InvalidState, check_state};
///
/// let order = Order {
///     drinks: vec!["tea".repeat(30_000)],
///     ..Order::default()
/// };
/// let error = check_state::<Cafe>(&order).unwrap_err();
/// assert!(matches!(error, InvalidState::TooLarge { bytes: 90_028 }));
/// assert_eq!(
///     error.to_string(),
///     "invalid data: it has 90028 bytes as JSON; use at most 65536",
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidState {
    /// The data is not a JSON object.
    #[error("invalid data: it is not a JSON object; use a struct with named fields or a map")]
    NotAnObject,
    /// The data is longer than [`Record::MAX_DATA`].
    #[error(
        "invalid data: it has {bytes} bytes as JSON; use at most {}",
        Record::MAX_DATA
    )]
    TooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// The data is nested deeper than [`Record::MAX_DEPTH`].
    #[error(
        "invalid data: field {path} is nested too deep; use at most {} levels",
        Record::MAX_DEPTH
    )]
    TooDeep {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// A field has the name of a secret.
    #[error(
        "invalid data: field {path} has the name of a secret; \
         rename it, or list it in Flow::ALLOWED_FIELD_NAMES if it holds none"
    )]
    SecretName {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// A text, or the name of a field, holds a JSON Web Token.
    #[error("invalid data: field {path} holds a token; store tokens with set_jwt_token only")]
    Token {
        /// The field, as the names from the outside in, joined by dots; `…` for a name that holds
        /// the token.
        path: String,
    },
    /// The data cannot be written as JSON, because its `Serialize` failed.
    #[error("invalid data: it cannot be written as JSON")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Checks the JSON text of the data.
///
/// # Errors
/// [`InvalidState`] if the text is not an object, holds a secret, or is nested too deep.
pub(super) fn check(text: &str, allowed_names: &[&str]) -> Result<(), InvalidState> {
    if !text.starts_with('{') {
        return Err(InvalidState::NotAnObject);
    }
    scan::scan(text, allowed_names)
}

/// Whether a field of this name is taken for a secret.
fn is_secret(name: &str, allowed_names: &[&str]) -> bool {
    let plain = || {
        name.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
    };
    // Most names differ in their length already.
    let length = plain().count();
    SECRET_NAMES
        .iter()
        .any(|secret| secret.len() == length && plain().eq(secret.bytes()))
        && !allowed_names.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

    fn message(text: &str) -> String {
        check(text, &[]).map_or_else(|error| error.to_string(), |()| "stored".to_owned())
    }

    #[test]
    fn token_is_found_and_its_path_named() {
        for (text, path) in [
            (format!(r#"{{"note":"{JWT}"}}"#), "note"),
            (
                format!(r#"{{"a":{{"b":[1,{{"c":"Bearer {JWT} "}}]}}}}"#),
                "a.b.1.c",
            ),
            (format!(r#"{{"link":"https://x/?token={JWT}"}}"#), "link"),
            (format!(r#"{{"said":"it is {JWT}."}}"#), "said"),
            (format!(r#"{{"{JWT}":1}}"#), "…"),
            (format!(r#"{{"seen":[{{"{JWT}":{{}}}}]}}"#), "seen.0.…"),
        ] {
            let error = message(&text);
            assert!(
                error.contains(&format!("field {path} holds a token")),
                "{error}"
            );
            assert!(!error.contains("eyJ"));
        }
    }

    #[test]
    fn secret_names_are_refused_unless_allowed() {
        for name in [
            "password",
            "PIN",
            "jwt_token",
            "Access-Token",
            "accessToken",
            "refreshToken",
            "clientSecret",
            "jwtToken",
            "APIKEY",
            "api-key",
            "id__token_",
        ] {
            let text = format!(r#"{{"profile":{{"{name}":"x"}}}}"#);
            assert!(
                message(&text).contains(&format!("field profile.{name} has the name of a secret")),
                "{}",
                message(&text)
            );
            assert!(check(&text, &[name]).is_ok());
        }
        assert_eq!(
            message(
                r#"{"pinned":1,"tokens":2,"spin":3,"accessTokenType":4,"my_token":5,"":6,"_":7}"#
            ),
            "stored"
        );
        // A name is allowed exactly as it is written.
        assert!(check(r#"{"accessToken":1}"#, &["access_token"]).is_err());
    }

    #[test]
    fn depth_is_counted_from_the_outermost_object() {
        let nested = |n: usize| format!("{}{}", r#"{"a":"#.repeat(n - 1) + "{", "}".repeat(n));
        assert_eq!(message(&nested(Record::MAX_DEPTH)), "stored");
        assert!(message(&nested(Record::MAX_DEPTH + 1)).contains("field a.a."));
        let lists = format!(r#"{{"l":{}{}}}"#, "[".repeat(32), "]".repeat(32));
        assert!(message(&lists).contains("too deep"));
        let lists = format!(r#"{{"l":{}"x"{}}}"#, "[".repeat(31), "]".repeat(31));
        assert_eq!(message(&lists), "stored");
    }

    #[test]
    fn data_that_is_not_an_object_is_refused() {
        for text in ["null", "[]", "7", "\"x\""] {
            assert!(matches!(check(text, &[]), Err(InvalidState::NotAnObject)));
        }
        assert_eq!(message(r#"{"n":[null,true,-1,1,1.5,"x\n",{}]}"#), "stored");
    }
}
