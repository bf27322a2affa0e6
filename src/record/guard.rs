//! The guard: a state holds no secret and stays within its limits, or it is not stored.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Record;
use crate::token;

/// Field names that no state holds, whatever their value; compared without regard to case, and to `-` against `_`.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pin",
    "otp",
    "secret",
    "client_secret",
    "private_key",
    "api_key",
    "apikey",
    "token",
    "jwt",
    "jwt_token",
    "access_token",
    "refresh_token",
    "id_token",
    "bearer_token",
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
    /// It is longer than [`Record::MAX_STATE`].
    #[error("a state of {bytes} bytes is too large; at most {} are stored", Record::MAX_STATE)]
    TooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// It is nested deeper than [`Record::MAX_DEPTH`].
    #[error("a state is nested too deep at {path}; at most {} levels are stored", Record::MAX_DEPTH)]
    TooDeep {
        /// The field that goes too deep.
        path: String,
    },
    /// A field bears the name of a secret.
    #[error(
        "the state's field {path} is named for a secret, and secrets are not stored in a state; a flow may allow it in MAY_HOLD"
    )]
    SecretName {
        /// The field.
        path: String,
    },
    /// A text holds a JSON Web Token.
    #[error("the state's field {path} holds a token; a token is stored by set_jwt_token alone")]
    Token {
        /// The field.
        path: String,
    },
    /// Its `Serialize` failed.
    #[error("the state cannot be written as JSON")]
    Encode(#[source] crate::BoxError),
}

/// Walks through a state's text once, without building it.
pub(super) fn inspect(text: &str, may_hold: &[&str]) -> Result<(), InvalidState> {
    if !text.starts_with('{') {
        return Err(InvalidState::NotAnObject);
    }
    let found = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let walk = Walk { depth: 0, may_hold, found: &found };
    match walk.deserialize(&mut json) {
        Ok(()) => Ok(()),
        Err(error) => Err(found.into_inner().map_or_else(|| InvalidState::Encode(error.into()), Found::into_error)),
    }
}

/// The first thing that was wrong, its path collected from the inside out while the walk unwinds.
struct Found {
    what: fn(String) -> InvalidState,
    path: Vec<String>,
}

impl Found {
    fn into_error(mut self) -> InvalidState {
        self.path.reverse();
        (self.what)(self.path.join("."))
    }
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    depth: usize,
    may_hold: &'a [&'a str],
    found: &'a RefCell<Option<Found>>,
}

impl Walk<'_> {
    fn stop<E: serde::de::Error>(&self, what: fn(String) -> InvalidState) -> E {
        *self.found.borrow_mut() = Some(Found { what, path: Vec::new() });
        E::custom("refused")
    }

    fn inside<E>(&self, step: impl FnOnce() -> String) -> impl FnOnce(E) -> E {
        let found = self.found;
        move |error| {
            if let Some(found) = found.borrow_mut().as_mut() {
                found.path.push(step());
            }
            error
        }
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == Record::MAX_DEPTH {
            return Err(self.stop(|path| InvalidState::TooDeep { path }));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn is_secret(&self, name: &str) -> bool {
        let same = |secret: &&str| {
            secret.len() == name.len()
                && secret.bytes().zip(name.bytes()).all(|(a, b)| a == b.to_ascii_lowercase() || (a == b'_' && b == b'-'))
        };
        SECRET_NAMES.iter().any(same) && !self.may_hold.contains(&name)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if token::holds_jwt(text) {
            return Err(self.stop(|path| InvalidState::Token { path }));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let walk = self.deeper()?;
        let mut at = 0_usize;
        while seq.next_element_seed(walk).map_err(walk.inside(|| at.to_string()))?.is_some() {
            at += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let walk = self.deeper()?;
        while let Some(Name(name)) = map.next_key_seed(NameSeed)? {
            let secret = walk.is_secret(&name);
            if secret {
                return Err(walk.inside(|| name.into_owned())(walk.stop(|path| InvalidState::SecretName { path })));
            }
            map.next_value_seed(walk).map_err(walk.inside(|| name.into_owned()))?;
        }
        Ok(())
    }
}

struct NameSeed;
struct Name<'de>(Cow<'de, str>);

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
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
        for (text, path) in
            [(format!(r#"{{"note":"{JWT}"}}"#), "note"), (format!(r#"{{"a":{{"b":[1,{{"c":"Bearer {JWT} "}}]}}}}"#), "a.b.1.c")]
        {
            let error = why(&text);
            assert!(error.contains(&format!("field {path} holds a token")), "{error}");
            assert!(!error.contains("eyJ"));
        }
    }

    #[test]
    fn a_field_named_for_a_secret_is_refused_unless_the_flow_allows_it() {
        for name in ["password", "PIN", "jwt_token", "Access-Token"] {
            let text = format!(r#"{{"profile":{{"{name}":"x"}}}}"#);
            assert!(why(&text).contains(&format!("field profile.{name} is named for a secret")), "{}", why(&text));
            assert!(inspect(&text, &[name]).is_ok());
        }
        assert_eq!(why(r#"{"pinned":1,"tokens":2,"spin":3}"#), "stored");
    }

    #[test]
    fn depth_is_counted_from_the_state_itself() {
        let nested = |n: usize| format!("{}{}", r#"{"a":"#.repeat(n - 1) + "{", "}".repeat(n));
        assert_eq!(why(&nested(Record::MAX_DEPTH)), "stored");
        assert!(why(&nested(Record::MAX_DEPTH + 1)).contains("too deep at a.a."));
        assert!(why(&format!(r#"{{"l":{}{}}}"#, "[".repeat(32), "]".repeat(32))).contains("too deep"));
    }

    #[test]
    fn only_an_object_is_a_state() {
        for text in ["null", "[]", "7", "\"x\""] {
            assert!(matches!(inspect(text, &[]), Err(InvalidState::NotAnObject)));
        }
        assert_eq!(why(r#"{"n":[null,true,-1,1,1.5,"x\n",{}]}"#), "stored");
    }
}
