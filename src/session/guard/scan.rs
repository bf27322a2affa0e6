//! Scans the JSON text of the data for what must not be stored.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::invalid_state::InvalidState;
use super::secret_names::is_secret;
use crate::id::holds_jwt;
use crate::session::Record;

/// Reads the text once, without building a value of it.
///
/// # Errors
/// The first problem, with the path of its field.
pub(super) fn scan(text: &str, allowed_names: &[&str]) -> Result<(), InvalidState> {
    let problem = RefCell::new(None);
    let scan = Scan {
        depth: 0,
        allowed_names,
        problem: &problem,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    scan.deserialize(&mut json)
        .map_err(|error| match problem.into_inner() {
            Some(problem) => problem.into_error(),
            None => InvalidState::Encode(error.into()),
        })
}

/// What must not be stored, and where it is.
struct Problem {
    why: fn(String) -> InvalidState,
    /// The names of the fields, the innermost first.
    path: Vec<String>,
}

impl Problem {
    fn into_error(mut self) -> InvalidState {
        self.path.reverse();
        (self.why)(self.path.join("."))
    }
}

#[derive(Clone, Copy)]
struct Scan<'a> {
    depth: usize,
    allowed_names: &'a [&'a str],
    // An error of serde holds only a text, so the problem is kept beside it.
    problem: &'a RefCell<Option<Problem>>,
}

impl Scan<'_> {
    /// Ends the scan. Each level adds its step to the path while the error is passed up, so that
    /// data without a problem pays nothing for the path.
    fn refuse<E: serde::de::Error>(&self, why: fn(String) -> InvalidState) -> E {
        let path = Vec::new();
        *self.problem.borrow_mut() = Some(Problem { why, path });
        E::custom("refused")
    }

    fn add_step<E>(&self, step: &dyn fmt::Display, error: E) -> E {
        if let Some(problem) = self.problem.borrow_mut().as_mut() {
            problem.path.push(step.to_string());
        }
        error
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == Record::MAX_DEPTH {
            return Err(self.refuse(|path| InvalidState::TooDeep { path }));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

fn holds_token(text: &str) -> bool {
    // A token has two dots, and most texts have not. Counting dots is cheaper than the search.
    text.bytes().filter(|byte| *byte == b'.').count() >= 2 && holds_jwt(text)
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
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
        if holds_token(text) {
            return Err(self.refuse(|path| InvalidState::Token { path }));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut index = 0_usize;
        while list
            .next_element_seed(inner)
            .map_err(|error| self.add_step(&index, error))?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while let Some(Name(name)) = map.next_key_seed(NameSeed)? {
            if holds_token(&name) {
                let error = self.refuse(|path| InvalidState::Token { path });
                // The path must not repeat the token.
                return Err(self.add_step(&"…", error));
            }
            if is_secret(&name, self.allowed_names) {
                let error = self.refuse(|path| InvalidState::SecretName { path });
                return Err(self.add_step(&name, error));
            }
            map.next_value_seed(inner)
                .map_err(|error| self.add_step(&name, error))?;
        }
        Ok(())
    }
}

/// The name of a field, borrowed from the text unless it is escaped there.
struct Name<'de>(Cow<'de, str>);

struct NameSeed;

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
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

    /// JSON in which much is refused.
    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-c.\"\\\\:{\\[é\n\u{1}]{0,8}",
            Just(JWT.to_owned()),
            Just(format!("Bearer {JWT}\n")),
            Just(format!("?token={JWT}.")),
        ];
        let name = prop_oneof![
            "[a-c\"\\\\:]{0,4}",
            prop::sample::select(&["PIN", "pin", "access-token", "accessToken", "pins", JWT][..])
                .prop_map(str::to_owned)
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<f64>().prop_map(Value::from),
            text.prop_map(Value::from)
        ];
        leaf.prop_recursive(40, 80, 3, move |inner| {
            let list = prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from);
            let map = prop::collection::hash_map(name.clone(), inner, 0..3);
            prop_oneof![list, map.prop_map(|map| map.into_iter().collect())]
        })
    }

    fn is_refused(json: &Value, depth: usize) -> bool {
        match json {
            Value::String(text) => holds_jwt(text),
            Value::Array(list) => {
                depth == Record::MAX_DEPTH || list.iter().any(|inner| is_refused(inner, depth + 1))
            }
            Value::Object(map) => {
                depth == Record::MAX_DEPTH
                    || map.iter().any(|(name, inner)| {
                        holds_jwt(name) || is_secret(name, &["pin"]) || is_refused(inner, depth + 1)
                    })
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn scan_agrees_with_a_search_of_the_value(
            json in json(),
            pretty: bool,
            nested in 0_usize..40,
        ) {
            let json = (0..nested).fold(json, |inner, _| Value::Array(vec![inner]));
            let text = if pretty { format!("{json:#}") } else { json.to_string() };
            prop_assert_eq!(scan(&text, &["pin"]).is_err(), is_refused(&json, 0), "{}", text);
        }

        #[test]
        fn any_text_is_scanned_without_panic(text: String) {
            let _ = scan(&text, &[]);
        }
    }

    #[test]
    fn ordinary_data_passes() {
        for text in [
            "{}",
            r#"{"page":1.5,"a":[{"name":"Ada: {x}","balance":"1.5"},{"pinned":[]}],"m":null}"#,
            r#"{"a":[[],[],{}]}"#,
            r#"{"a":"1.2.3","b":"www.example.com"}"#,
            &format!(r#"{{"a":[{}{{}}]}}"#, "{},".repeat(Record::MAX_DEPTH)),
        ] {
            assert!(scan(text, &[]).is_ok(), "{text}");
        }
    }

    #[test]
    fn escaped_tokens_and_names_are_refused() {
        for text in [
            r#"{"a":"\u0065yJhbGciOiJIUzI1NiJ9\u002ee30.c2ln"}"#,
            r#"{"\u0070in":1}"#,
        ] {
            assert!(scan(text, &[]).is_err(), "{text}");
        }
    }
}
