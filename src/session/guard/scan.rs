//! Scans the JSON text of the data for what must not be stored.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::names::{Name, NameSeed, Names};
use super::secret_names::secret_named;
use crate::id::holds_jwt;
use crate::session::Record;

/// The only name in the map that means a number if some crate of the build has switched on
/// the feature `arbitrary_precision` of `serde_json`.
const NUMBER: &str = "$serde_json::private::Number";

/// What a text holds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Values of any kind, the outermost included, and names.
    pub(super) values: usize,
    pub(super) nulls: usize,
}

/// Why a text is refused, and where.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) why: Why,
    /// The positions that lead to the value, from the outside in.
    pub(super) positions: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    TooDeep,
    /// The secret that the field has the name of.
    SecretName(&'static str),
    Token,
    DuplicateName,
    /// It is no JSON that can be read.
    Syntax,
}

/// Reads the text once, without building a value of it. Refuses any name that comes twice in one
/// object, and, if there is a list of names that are allowed, secrets and deep nesting.
///
/// # Errors
/// The first problem.
pub(super) fn scan(text: &str, allowed_names: Option<&[&str]>) -> Result<Counts, Refusal> {
    let refusal = RefCell::new(None);
    let counts = Cell::default();
    let names = RefCell::default();
    let scan = Scan {
        depth: 0,
        allowed_names,
        refusal: &refusal,
        counts: &counts,
        names: &names,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    if scan.deserialize(&mut json).is_ok() {
        return Ok(counts.get());
    }
    let mut refusal = refusal.into_inner().unwrap_or(Refusal {
        why: Why::Syntax,
        positions: Vec::new(),
    });
    refusal.positions.reverse();
    Err(refusal)
}

#[derive(Clone, Copy)]
struct Scan<'a, 'de> {
    depth: usize,
    allowed_names: Option<&'a [&'a str]>,
    // An error of serde holds only a text, so the refusal is kept beside it.
    refusal: &'a RefCell<Option<Refusal>>,
    counts: &'a Cell<Counts>,
    /// The names so far of all objects around the value, so that each object needs no list of its
    /// own.
    names: &'a RefCell<Vec<Cow<'de, str>>>,
}

impl<'de> Scan<'_, 'de> {
    /// Ends the scan. Each level adds its position while the error is passed up, so that data
    /// without a problem pays nothing for the path.
    fn refuse<E: serde::de::Error>(&self, why: Why) -> E {
        let positions = Vec::new();
        *self.refusal.borrow_mut() = Some(Refusal { why, positions });
        E::custom("refused")
    }

    fn add_position<E>(&self, position: usize, error: E) -> E {
        if let Some(refusal) = self.refusal.borrow_mut().as_mut() {
            refusal.positions.push(position);
        }
        error
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.allowed_names.is_some() && self.depth == Record::MAX_DEPTH {
            return Err(self.refuse(Why::TooDeep));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn count(&self, nulls: usize) {
        let mut counts = self.counts.get();
        counts.values += 1;
        counts.nulls += nulls;
        self.counts.set(counts);
    }

    /// Why no field may have this name.
    fn refuses_name(&self, name: &str) -> Option<Why> {
        let allowed_names = self.allowed_names?;
        if holds_token(name) {
            return Some(Why::Token);
        }
        secret_named(name, allowed_names).map(Why::SecretName)
    }
}

fn holds_token(text: &str) -> bool {
    // A token has two dots, and most texts have not. Counting dots is cheaper than the search.
    text.bytes().filter(|byte| *byte == b'.').count() >= 2 && holds_jwt(text)
}

impl<'de> DeserializeSeed<'de> for Scan<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.count(1);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.count(0);
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.count(0);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.count(0);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.count(0);
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.count(0);
        if self.allowed_names.is_some() && holds_token(text) {
            return Err(self.refuse(Why::Token));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.count(0);
        let inner = self.deeper()?;
        let mut position = 0_usize;
        while list
            .next_element_seed(inner)
            .map_err(|error| self.add_position(position, error))?
            .is_some()
        {
            position += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut next = map.next_key_seed(NameSeed)?;
        if matches!(&next, Some(Name(name)) if name == NUMBER) {
            return map.next_value_seed(self);
        }
        self.count(0);
        let inner = self.deeper()?;
        let mut names = Names::new(self.names);
        let mut position = 0_usize;
        while let Some(Name(name)) = next {
            self.count(0);
            let why = self.refuses_name(&name);
            let why = why.or_else(|| (!names.add(name)).then_some(Why::DuplicateName));
            if let Some(why) = why {
                return Err(self.add_position(position, self.refuse(why)));
            }
            map.next_value_seed(inner)
                .map_err(|error| self.add_position(position, error))?;
            position += 1;
            next = map.next_key_seed(NameSeed)?;
        }
        Ok(())
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
                        holds_jwt(name)
                            || secret_named(name, &["pin"]).is_some()
                            || is_refused(inner, depth + 1)
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
            prop_assert_eq!(scan(&text, Some(&["pin"])).is_err(), is_refused(&json, 0), "{}", text);
        }

        #[test]
        fn any_text_is_scanned_without_panic(text: String) {
            let _ = scan(&text, Some(&[]));
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
            assert!(scan(text, Some(&[])).is_ok(), "{text}");
        }
    }

    #[test]
    fn escaped_tokens_and_names_are_refused() {
        for text in [
            r#"{"a":"\u0065yJhbGciOiJIUzI1NiJ9\u002ee30.c2ln"}"#,
            r#"{"\u0070in":1}"#,
        ] {
            assert!(scan(text, Some(&[])).is_err(), "{text}");
        }
    }
}
