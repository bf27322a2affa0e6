//! The check of a session's data, and of a reply, before it is stored.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::field_path;
use super::invalid_state::InvalidState;
use super::read_back::{ReadBackError, read_back};
use super::scan::{Refusal, Why, scan};
use super::traversal;

/// What the check of data found.
#[derive(Debug)]
pub(in crate::session) struct Checked<T> {
    /// The data as it is read back.
    pub(in crate::session) data: T,
    /// How many values and names it has as JSON.
    pub(in crate::session) values: usize,
}

/// Checks data and its JSON text.
///
/// # Errors
/// [`InvalidState`] if the text is not an object, holds a secret, is nested too deep, or cannot be
/// read back.
pub(in crate::session) fn check_data<T>(
    data: &T,
    text: &str,
    allowed_names: &[&str],
) -> Result<Checked<T>, InvalidState>
where
    T: Serialize + DeserializeOwned,
{
    if !text.starts_with('{') {
        return Err(InvalidState::NotAnObject);
    }
    let counts = scan(text, Some(allowed_names)).map_err(|Refusal { why, positions }| {
        let path = || field_path::at::<T, T>(data, text, &positions);
        match why {
            Why::TooDeep => InvalidState::TooDeep { path: path() },
            Why::Token => InvalidState::Token { path: path() },
            Why::SecretName(secret) => InvalidState::SecretName {
                path: field_path::at_secret::<T, T>(data, text, &positions, secret),
            },
            Why::DuplicateName => {
                InvalidState::NotReadable(ReadBackError::DuplicateName { path: path() })
            }
            Why::Syntax => InvalidState::NotReadable(ReadBackError::Unreadable { path: path() }),
        }
    })?;
    let again = read_back(data, text, counts.nulls > 0).map_err(InvalidState::NotReadable)?;
    Ok(Checked {
        data: again,
        values: counts.values,
    })
}

/// Checks a reply and its JSON text. It is read back as an `O`.
///
/// # Errors
/// [`ReadBackError`] if it cannot be read back.
pub(in crate::session) fn check_reply<T, O>(reply: &T, text: &str) -> Result<(), ReadBackError>
where
    T: Serialize + ?Sized,
    O: Serialize + DeserializeOwned,
{
    // A reply goes to the user, so it is not searched for secrets.
    let counts = scan(text, None).map_err(|Refusal { why, positions }| {
        let path = field_path::at::<T, O>(reply, text, &positions);
        match why {
            Why::DuplicateName => ReadBackError::DuplicateName { path },
            _ => ReadBackError::Unreadable { path },
        }
    })?;
    read_back::<T, O>(reply, text, counts.nulls > 0).map(drop)
}

/// The path to the value because of which this one cannot be written as JSON.
pub(in crate::session) fn not_writable<T: Serialize + ?Sized>(value: &T) -> String {
    field_path::without_text(&traversal::path_to_failure(value))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::session::Record;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

    /// Checks data that is one map: its names are keys.
    fn check(text: &str, allowed_names: &[&str]) -> Result<(), InvalidState> {
        let data: Value = serde_json::from_str(text).unwrap();
        check_data(&data, &data.to_string(), allowed_names).map(drop)
    }

    fn message(text: &str) -> String {
        check(text, &[]).map_or_else(|error| error.to_string(), |()| "stored".to_owned())
    }

    #[test]
    fn token_is_found_and_its_path_named() {
        for (text, path) in [
            (format!(r#"{{"note":"{JWT}"}}"#), "*"),
            (
                format!(r#"{{"a":{{"b":[1,{{"c":"Bearer {JWT} "}}]}}}}"#),
                "*.*.1.*",
            ),
            (format!(r#"{{"link":"https://x/?token={JWT}"}}"#), "*"),
            (format!(r#"{{"said":"it is {JWT}."}}"#), "*"),
            (format!(r#"{{"{JWT}":1}}"#), "*"),
            (format!(r#"{{"seen":[{{"{JWT}":{{}}}}]}}"#), "*.0.*"),
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
        for (name, secret) in [
            ("password", "password"),
            ("PIN", "pin"),
            ("jwt_token", "jwttoken"),
            ("Access-Token", "accesstoken"),
            ("accessToken", "accesstoken"),
            ("refreshToken", "refreshtoken"),
            ("clientSecret", "clientsecret"),
            ("jwtToken", "jwttoken"),
            ("APIKEY", "apikey"),
            ("api-key", "apikey"),
            ("id__token_", "idtoken"),
        ] {
            let text = format!(r#"{{"profile":{{"{name}":"x"}}}}"#);
            assert!(
                message(&text).contains(&format!("field *.{secret} has the name of a secret")),
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
        assert!(message(&nested(Record::MAX_DEPTH + 1)).contains("field *.*."));
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
