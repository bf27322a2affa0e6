//! The guard: a state holds no secret and stays within its limits, or it is not stored.

mod glance;
mod walk;

use super::Record;

/// Field names that no state holds, whatever their value; compared without regard to case, `_` and `-`.
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

/// Why a state is not stored. Names the field, never its value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidState {
    /// It is no JSON object.
    #[error("a state is a JSON object")]
    NotAnObject,
    /// It is longer than [`Record::MAX_DATA`].
    #[error(
        "a state of {bytes} bytes is too large; at most {} are stored",
        Record::MAX_DATA
    )]
    TooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// It is nested deeper than [`Record::MAX_DEPTH`].
    #[error(
        "a state is nested too deep at {path}; at most {} levels are stored",
        Record::MAX_DEPTH
    )]
    TooDeep {
        /// The field that goes too deep.
        path: String,
    },
    /// A field bears the name of a secret.
    #[error(
        "the state's field {path} is named for a secret, and secrets are not stored in a state; a flow may allow it in ALLOWED_FIELD_NAMES"
    )]
    SecretName {
        /// The field.
        path: String,
    },
    /// A text, or the name of a field, holds a JSON Web Token.
    #[error("the state's field {path} holds a token; a token is stored by set_jwt_token alone")]
    Token {
        /// The field; `…` stands for a name that is the token.
        path: String,
    },
    /// Its `Serialize` failed.
    #[error("the state cannot be written as JSON")]
    Encode(#[source] crate::error::BoxError),
}

/// Refuses a state that must not be stored. One that looks innocent is not looked at twice.
pub(super) fn inspect(text: &str, may_hold: &[&str]) -> Result<(), InvalidState> {
    if !text.starts_with('{') {
        return Err(InvalidState::NotAnObject);
    }
    if glance::is_innocent(text, may_hold) {
        Ok(())
    } else {
        walk::walk(text, may_hold)
    }
}

/// Whether a field of this name would hold a secret.
fn is_secret(name: &str, may_hold: &[&str]) -> bool {
    let plain = || {
        name.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
    };
    SECRET_NAMES.iter().any(|secret| plain().eq(secret.bytes())) && !may_hold.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

    fn why(text: &str) -> String {
        inspect(text, &[]).map_or_else(|error| error.to_string(), |()| "stored".to_owned())
    }

    #[test]
    fn a_token_is_found_wherever_it_hides_and_its_path_is_named() {
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
            let error = why(&text);
            assert!(
                error.contains(&format!("field {path} holds a token")),
                "{error}"
            );
            assert!(!error.contains("eyJ"));
        }
    }

    #[test]
    fn a_field_named_for_a_secret_is_refused_unless_the_flow_allows_it() {
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
                why(&text).contains(&format!("field profile.{name} is named for a secret")),
                "{}",
                why(&text)
            );
            assert!(inspect(&text, &[name]).is_ok());
        }
        assert_eq!(
            why(r#"{"pinned":1,"tokens":2,"spin":3,"accessTokenType":4,"my_token":5,"":6,"_":7}"#),
            "stored"
        );
        assert!(
            inspect(r#"{"accessToken":1}"#, &["access_token"]).is_err(),
            "what is allowed is allowed as it is written"
        );
    }

    #[test]
    fn depth_is_counted_from_the_state_itself() {
        let nested = |n: usize| format!("{}{}", r#"{"a":"#.repeat(n - 1) + "{", "}".repeat(n));
        assert_eq!(why(&nested(Record::MAX_DEPTH)), "stored");
        assert!(why(&nested(Record::MAX_DEPTH + 1)).contains("too deep at a.a."));
        assert!(
            why(&format!(r#"{{"l":{}{}}}"#, "[".repeat(32), "]".repeat(32))).contains("too deep")
        );
    }

    #[test]
    fn only_an_object_is_a_state() {
        for text in ["null", "[]", "7", "\"x\""] {
            assert!(matches!(inspect(text, &[]), Err(InvalidState::NotAnObject)));
        }
        assert_eq!(why(r#"{"n":[null,true,-1,1,1.5,"x\n",{}]}"#), "stored");
    }
}
