//! The names of the objects in a JSON text.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// From how many names on an object's names are kept in a set. Few are compared one by one.
const FEW_NAMES: usize = 16;

/// The names of one object.
pub(super) struct Names<'a, 'de> {
    /// Those of the objects around it come first.
    few: &'a RefCell<Vec<Cow<'de, str>>>,
    first: usize,
    many: HashSet<Cow<'de, str>>,
}

impl<'a, 'de> Names<'a, 'de> {
    pub(super) fn new(few: &'a RefCell<Vec<Cow<'de, str>>>) -> Self {
        Self {
            few,
            first: few.borrow().len(),
            many: HashSet::new(),
        }
    }

    /// Adds a name; false if the object has it already.
    pub(super) fn add(&mut self, name: Cow<'de, str>) -> bool {
        let mut few = self.few.borrow_mut();
        let own = few.get(self.first..).unwrap_or_default();
        if own.contains(&name) {
            return false;
        }
        // A list that all objects share needs no allocation of its own, as a set does.
        if own.len() < FEW_NAMES {
            few.push(name);
            return true;
        }
        self.many.insert(name)
    }
}

impl Drop for Names<'_, '_> {
    fn drop(&mut self) {
        // The objects around this one go on with their own names.
        self.few.borrow_mut().truncate(self.first);
    }
}

/// The name of a field, borrowed from the text unless it is escaped there.
pub(super) struct Name<'de>(pub(super) Cow<'de, str>);

pub(super) struct NameSeed;

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
