//! Reads a value back from its JSON, and compares.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::field_path;
use super::traversal::{self, NotFinite, Nulls};
use super::tree::{self, Tree};

/// Why a value is not the same after it has been written as JSON and read back. Names the field,
/// never its value, and no key of a map: `orders.*.total`. `$` is the value as a whole.
///
/// # Examples
/// ```
/// use serde::{Deserialize, Serialize};
/// use vimbiso_state::session::{InvalidState, ReadBackError, check_state};
/// # use vimbiso_state::flow::NoChoice;
/// # use vimbiso_state::Flow;
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
///
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// struct Order {
///     total: f64,
/// }
/// # struct Shop;
/// # impl Flow for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Stage = cafe::At;
/// #     type Choice = NoChoice;
/// #     type Data = Order;
/// # }
///
/// let error = check_state::<Shop>(&Order { total: f64::NAN }).unwrap_err();
/// assert!(matches!(
///     error,
///     InvalidState::NotReadable(ReadBackError::NotFinite { path }) if path == "total",
/// ));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadBackError {
    /// A number is infinite or no number. JSON has no form for it and would hold null.
    #[error("field {path} is not a finite number, which JSON cannot hold; use an Option")]
    NotFinite {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// Two members of an object have one name: a flattened map holds the name of a field.
    #[error("field {path} comes twice; a flattened map must not hold the name of a field")]
    DuplicateName {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// The type cannot read what it wrote.
    #[error(
        "field {path} cannot be read back; \
         its Deserialize must accept all that its Serialize writes"
    )]
    Unreadable {
        /// The field, as the names from the outside in, joined by dots. The object around it if
        /// the type does not say which field it misses.
        path: String,
    },
    /// The type reads something else than it wrote.
    #[error(
        "field {path} is not the same after it is read back; \
         its Deserialize must keep all that its Serialize writes"
    )]
    Changed {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
}

/// Reads the value back from its text.
///
/// # Errors
/// [`ReadBackError`] if it cannot be read, or is not written as the same JSON again.
pub(super) fn read_back<T, O>(value: &T, text: &str, has_null: bool) -> Result<O, ReadBackError>
where
    T: Serialize + ?Sized,
    O: DeserializeOwned + Serialize,
{
    let path = |positions: &[usize]| field_path::at::<T, O>(value, text, positions);
    let not_finite = |NotFinite(path): NotFinite| ReadBackError::NotFinite {
        path: field_path::join(field_path::names::<O>(text, &path)),
    };
    // What JSON cannot express is written as null: no null, no loss of that kind.
    let nulls = has_null
        .then(|| traversal::nulls(value).map_err(not_finite))
        .transpose()?;
    let again: O = serde_json::from_str(text).map_err(|error| {
        let positions = positions_of::<O>(text, &error);
        let object = path(&positions);
        let path = match field_path::missing_field::<O>(text, &positions, &error) {
            Some(field) if positions.is_empty() => field,
            Some(field) => format!("{object}.{field}"),
            None => object,
        };
        ReadBackError::Unreadable { path }
    })?;
    if let Some(positions) = difference(text, &again) {
        return Err(ReadBackError::Changed {
            path: path(&positions),
        });
    }
    // A null that was no `Some` reads as what it was.
    if let Some(nulls) = nulls.filter(Nulls::have_some) {
        let nulls_again = traversal::nulls(&again).map_err(not_finite)?;
        if let Some(lost) = nulls.lost_in(&nulls_again) {
            return Err(ReadBackError::Changed {
                path: field_path::join(field_path::names::<O>(text, lost)),
            });
        }
    }
    Ok(again)
}

/// The positions of the value that could not be read.
fn positions_of<O: DeserializeOwned>(text: &str, error: &serde_json::Error) -> Vec<usize> {
    let Some(tree) = Tree::of(text) else {
        return Vec::new();
    };
    let positions = tree.positions_at(last_byte_read(error));
    // A type that reads its parts from a buffer, as a tagged enum does, gives no column. If it is
    // the last in its object, the column is that of the object. With one more member it is not.
    let one_more = || {
        let object = tree.at(&positions)?;
        let close = object.range.end.checked_sub(1)?;
        let longer = format!("{},\"\":0{}", text.get(..close)?, text.get(close..)?);
        let error = serde_json::from_str::<O>(&longer).err()?;
        let within = tree.positions_at(last_byte_read(&error));
        (last_byte_read(&error) < close && within.len() > positions.len()).then_some(within)
    };
    one_more().unwrap_or(positions)
}

/// A text of several lines is not ours, and is not searched.
fn last_byte_read(error: &serde_json::Error) -> usize {
    match error.line() {
        1 => error.column().saturating_sub(1),
        _ => 0,
    }
}

/// Where the text of the value that was read back differs from the text it was read from.
fn difference<O: Serialize>(text: &str, again: &O) -> Option<Vec<usize>> {
    let mut same = Same {
        rest: text.as_bytes(),
    };
    if serde_json::to_writer(&mut same, again).is_ok() && same.rest.is_empty() {
        return None;
    }
    match serde_json::to_string(again) {
        Ok(again) => tree::difference(text, &again),
        Err(_) => Some(Vec::new()),
    }
}

/// Takes what is written if it is the same again, so that no second text is kept.
struct Same<'t> {
    rest: &'t [u8],
}

impl io::Write for Same<'_> {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        self.rest = self
            .rest
            .strip_prefix(written)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
