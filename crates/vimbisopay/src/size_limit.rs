//! What a session takes over of what the API sends.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use vimbiso_state::session::{Record, check_state};
use vimbiso_state::vimbisopay::{State, VimbisoPay};

/// The most that one object of the API may fill: a member and an account leave half of a state to the conversation.
const ROOM: usize = Record::MAX_DATA / 4;

/// The object without the fields that no state may hold, nor those that there is no room for; the smaller ones come first.
///
/// One that cannot do without such a field comes back as it is, and a state with it is refused.
pub(crate) fn fit<T: Clone + Serialize + DeserializeOwned>(object: &T) -> T {
    match serde_json::to_value(object) {
        Ok(whole) if size(&whole).is_none_or(|size| size > ROOM) => {
            fields_that_fit(whole).unwrap_or_else(|| object.clone())
        }
        _ => object.clone(),
    }
}

fn fields_that_fit<T: DeserializeOwned>(object: Value) -> Option<T> {
    let Value::Object(fields) = object else {
        return None;
    };
    let mut sized: Vec<_> = fields
        .into_iter()
        .filter_map(|field| Some((size(&Value::from_iter([field.clone()]))?, field)))
        .collect();
    sized.sort_by_key(|(size, _)| *size);
    let mut filled = 0;
    let fitting = sized.into_iter().map_while(|(size, field)| {
        filled += size;
        (filled <= ROOM).then_some(field)
    });
    serde_json::from_value(fitting.collect()).ok()
}

/// The length of an object as JSON; `None` where no state may hold it. Looked at as deep within a state as a member is.
fn size(object: &Value) -> Option<usize> {
    let extra = Map::from_iter([(String::new(), json!({ "": object }))]);
    check_state::<VimbisoPay>(&State {
        extra,
        ..State::default()
    })
    .ok()
}

/// Whether a state may hold this text.
pub(crate) fn may_be_held(text: &str) -> bool {
    size(&Value::from(text)).is_some()
}
