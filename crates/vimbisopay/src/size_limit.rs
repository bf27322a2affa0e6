//! How much of what the API sends a session stores.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use vimbiso_state::session::{Record, check_state};
use vimbiso_state::vimbisopay::{Data, VimbisoPay};

/// The limit for one object. A member and an account then leave half of the session's data to the
/// rest of the conversation.
const MAX_OBJECT: usize = Record::MAX_DATA / 4;

/// The object without fields that no session may hold, and without the largest fields if it is
/// over the limit.
///
/// An object that cannot be read back without one of these is returned unchanged. The commit that
/// would store it then fails.
pub(crate) fn limited<T: Clone + Serialize + DeserializeOwned>(object: &T) -> T {
    match serde_json::to_value(object) {
        Ok(whole) if size(&whole).is_none_or(|size| size > MAX_OBJECT) => {
            smallest_fields(whole).unwrap_or_else(|| object.clone())
        }
        _ => object.clone(),
    }
}

fn smallest_fields<T: DeserializeOwned>(object: Value) -> Option<T> {
    let Value::Object(fields) = object else {
        return None;
    };
    let mut sized: Vec<_> = fields
        .into_iter()
        .filter_map(|field| Some((size(&Value::from_iter([field.clone()]))?, field)))
        .collect();
    sized.sort_by_key(|(size, _)| *size);
    let mut total = 0;
    let kept = sized.into_iter().map_while(|(size, field)| {
        total += size;
        (total <= MAX_OBJECT).then_some(field)
    });
    serde_json::from_value(kept.collect()).ok()
}

/// The length of an object as JSON; `None` if no session may hold it.
fn size(object: &Value) -> Option<usize> {
    // Two levels down, as deep as the member is: the limit on nesting counts from the top.
    let extra = Map::from_iter([(String::new(), json!({ "": object }))]);
    check_state::<VimbisoPay>(&Data {
        extra,
        ..Data::default()
    })
    .ok()
}

/// Whether a session may hold this.
pub(crate) fn is_storable<T: Serialize>(value: &T) -> bool {
    serde_json::to_value(value).is_ok_and(|value| size(&value).is_some())
}
