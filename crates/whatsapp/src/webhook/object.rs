//! One JSON object at a time, each field read on its own.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Visitor};
use serde_json::value::RawValue;

/// The fields of a JSON object, none of which is read yet.
///
/// A value that serde_json refuses, such as half of an emoji that was cut off or a number of
/// 400 digits, costs its own field and nothing beside it.
pub(super) struct Object<'a>(HashMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// `None` if the text is no JSON object.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    fn field<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::read(self.0.get(name)?.get())
    }

    /// The objects of a list; what is no object is left out.
    pub(super) fn objects(&self, name: &str) -> impl Iterator<Item = Self> + use<'a> {
        let list: Vec<&'a RawValue> = self.field(name).unwrap_or_default();
        list.into_iter().filter_map(|raw| Self::read(raw.get()))
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let Text(text) = self.field(name)?;
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.field(name).unwrap_or_default()
    }

    pub(super) fn number<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.field(name)
    }

    /// Whole seconds since 1970, which Meta writes as a text or as a number.
    pub(super) fn seconds(&self, name: &str) -> Option<u64> {
        let text = self.text(name).and_then(|text| text.parse().ok());
        text.or_else(|| self.number(name))
    }

    /// A field as the JSON that it is.
    pub(super) fn json(&self, name: &str) -> Option<serde_json::Value> {
        self.field(name)
    }
}

/// A text, in which what is no valid Unicode is replaced: one half of a surrogate pair, which is
/// left if a sender cuts a text within an emoji.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As bytes, serde_json reads a text that is no valid Unicode too.
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text(String::from_utf8_lossy(bytes).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_value_costs_its_own_field_only() {
        let json = r#"{"cut":"a \ud83d","huge":1e999,"deep":[[[[]]]],"ok":"yes","n":5,"":0}"#;
        let object = Object::read(json).unwrap();
        assert_eq!(object.text("ok").as_deref(), Some("yes"));
        assert!(object.text("cut").unwrap().starts_with("a \u{fffd}"));
        assert_eq!(object.number::<f64>("huge"), None);
        assert_eq!(object.text("n"), None);
        assert_eq!(object.seconds("n"), Some(5));
        assert_eq!(object.objects("deep").count(), 0);
    }

    #[test]
    fn deep_nesting_is_no_problem() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        let json = format!(r#"{{"deep":{deep},"ok":"yes"}}"#);
        let object = Object::read(&json).unwrap();
        assert_eq!(object.text("ok").as_deref(), Some("yes"));
        assert_eq!(object.objects("deep").count(), 0);
        assert_eq!(object.json("deep"), None);
    }
}
