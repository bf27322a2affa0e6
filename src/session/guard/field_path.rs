//! How an error names a field: the names of the program, and none of the user's data.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::traversal::{self, Path, Step};
use super::tree::Tree;

/// The longest path in an error, in characters. The middle of a longer one is left out.
const MAX_LEN: usize = 200;

/// The value as a whole.
const WHOLE: &str = "$";

/// An entry of a map, whose key is never shown.
const ENTRY: &str = "*";

/// The path to the value at these positions of the text, which is this value as JSON. `O` is what
/// the text is read as.
pub(super) fn at<T, O>(value: &T, text: &str, positions: &[usize]) -> String
where
    T: Serialize + ?Sized,
    O: DeserializeOwned,
{
    join(names::<O>(text, &traversal::path_to(value, positions)))
}

/// As [`at`], for a name that is taken for this secret. If the name is a map's key, the path ends
/// in the secret's own name instead.
pub(super) fn at_secret<T, O>(
    value: &T,
    text: &str,
    positions: &[usize],
    secret: &'static str,
) -> String
where
    T: Serialize + ?Sized,
    O: DeserializeOwned,
{
    let mut names = names::<O>(text, &traversal::path_to(value, positions));
    if names.last().is_some_and(|name| name == ENTRY) {
        names.pop();
        names.push(secret.into());
    }
    join(names)
}

/// The names on this path through the text.
pub(super) fn names<O: DeserializeOwned>(text: &str, path: &Path) -> Vec<Cow<'static, str>> {
    let tree = Tree::of(text);
    let mut value = tree.as_ref();
    let mut names = Vec::new();
    for (position, step) in path {
        names.push(match step {
            Step::Field(name) => Cow::Borrowed(*name),
            Step::Element => position.to_string().into(),
            // The field of a flattened struct looks like the key of a map.
            Step::Entry => value
                .and_then(|object| field_name::<O>(text, object, *position))
                .map_or(ENTRY.into(), Cow::Owned),
        });
        value = value.and_then(|value| value.child(*position));
    }
    names
}

/// The names on this path through a value that has no text. Its flattened fields are not shown.
pub(super) fn without_text(path: &Path) -> String {
    let name = |(position, step): &(usize, Step)| match step {
        Step::Field(name) => Cow::Borrowed(*name),
        Step::Element => position.to_string().into(),
        Step::Entry => ENTRY.into(),
    };
    join(path.iter().map(name).collect())
}

/// Joins names by dots.
pub(super) fn join(names: Vec<Cow<'static, str>>) -> String {
    if names.is_empty() {
        return WHOLE.to_owned();
    }
    let path = names.join(".");
    let length = path.chars().count();
    if length <= MAX_LEN {
        return path;
    }
    let head = path.chars().take(MAX_LEN / 2);
    let tail = path.chars().skip(length - MAX_LEN / 2);
    head.chain(['…']).chain(tail).collect()
}

/// The name of the member at this position of the object, if it is a field and not a map's key.
fn field_name<O: DeserializeOwned>(text: &str, object: &Tree, position: usize) -> Option<String> {
    let (name, value) = object.member(position)?;
    let name: String = serde_json::from_str(text.get(name)?).ok()?;
    let value = text.get(value.range.clone())?;
    is_field::<O>(text, object, &name, Some(value)).then_some(name)
}

/// The field that the type misses in the object at these positions, as the error says.
pub(super) fn missing_field<O: DeserializeOwned>(
    text: &str,
    positions: &[usize],
    error: &serde_json::Error,
) -> Option<String> {
    let error = error.to_string();
    let (name, _) = error.strip_prefix("missing field `")?.split_once('`')?;
    let tree = Tree::of(text)?;
    // The error may be the host's own and quote anything.
    is_field::<O>(text, tree.at(positions)?, name, None).then(|| name.to_owned())
}

/// Whether the type of this object has a field of this name: only a type refuses a field that comes
/// twice, a map takes it. Tried with the value that the field has, if it has one, and with others
/// until the type can read one.
fn is_field<O: DeserializeOwned>(
    text: &str,
    object: &Tree,
    name: &str,
    value: Option<&str>,
) -> bool {
    let first = object.range.start + 1;
    let (Some(before), Some(after)) = (text.get(..first), text.get(first..)) else {
        return false;
    };
    let name_in_json = Value::from(name);
    let comma = if after.starts_with('}') { "" } else { "," };
    // The text of `serde::de::Error::duplicate_field`, which takes a name of the program alone.
    let refusal = format!("duplicate field `{name}`");
    let others = ["null", "0", "\"\"", "[]", "{}", "false"];
    value.into_iter().chain(others).any(|value| {
        let member = format!("{name_in_json}:{value}");
        let twice = format!("{before}{member},{member}{comma}{after}");
        serde_json::from_str::<O>(&twice)
            .is_err_and(|error| error.to_string().starts_with(&refusal))
    })
}
