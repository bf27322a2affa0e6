//! A walk through a state's text, which says what is wrong with it and where.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{InvalidState, is_secret};
use crate::id::holds_jwt;
use crate::session::Record;

/// Walks through the text once, without building it.
pub(super) fn walk(text: &str, may_hold: &[&str]) -> Result<(), InvalidState> {
    let found = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let walk = Walk {
        depth: 0,
        may_hold,
        found: &found,
    };
    match walk.deserialize(&mut json) {
        Ok(()) => Ok(()),
        Err(error) => Err(found
            .into_inner()
            .map_or_else(|| InvalidState::Encode(error.into()), Found::into_error)),
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
        *self.found.borrow_mut() = Some(Found {
            what,
            path: Vec::new(),
        });
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
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
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
        if holds_jwt(text) {
            return Err(self.stop(|path| InvalidState::Token { path }));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let walk = self.deeper()?;
        let mut at = 0_usize;
        while seq
            .next_element_seed(walk)
            .map_err(walk.inside(|| at.to_string()))?
            .is_some()
        {
            at += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let walk = self.deeper()?;
        while let Some(Name(name)) = map.next_key_seed(NameSeed)? {
            if holds_jwt(&name) {
                // The path must not repeat it.
                return Err(walk.inside(|| "…".to_owned())(
                    walk.stop(|path| InvalidState::Token { path }),
                ));
            }
            if is_secret(&name, walk.may_hold) {
                return Err(walk.inside(|| name.into_owned())(
                    walk.stop(|path| InvalidState::SecretName { path }),
                ));
            }
            map.next_value_seed(walk)
                .map_err(walk.inside(|| name.into_owned()))?;
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
