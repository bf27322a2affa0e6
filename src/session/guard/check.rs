//! The check of a session's data before it is stored.

use super::invalid_state::InvalidState;
use super::scan;

/// Checks the JSON text of the data.
///
/// # Errors
/// [`InvalidState`] if the text is not an object, holds a secret, or is nested too deep.
pub(in crate::session) fn check(text: &str, allowed_names: &[&str]) -> Result<(), InvalidState> {
    if !text.starts_with('{') {
        return Err(InvalidState::NotAnObject);
    }
    scan::scan(text, allowed_names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Record;

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
