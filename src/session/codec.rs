//! Between the types of a flow and the text of a record.

use std::sync::Arc;

use serde_json::Value;

use super::{CachedUserState, Corruption, InvalidState, Record, guard};
use crate::flow::{Choice, Flow, OpenQuestion, Stage};

/// Why a record cannot be decoded.
#[derive(Debug)]
pub(crate) enum DecodeError<F: Flow> {
    /// A later release has written it, so it must not be changed.
    NewerFormat { found: u32 },
    /// It is corrupt. The data is kept if it can still be decoded.
    Corrupt {
        why: Corruption,
        data: Option<F::Data>,
    },
}

/// Reads a record into the types of the flow. The token is not part of a record.
pub(crate) fn decode<F: Flow>(record: &Record) -> Result<CachedUserState<F>, DecodeError<F>> {
    let data = decode_data::<F>(record.format, &record.data)?;
    let Some(stage) = F::Stage::from_name(&record.stage) else {
        return Err(DecodeError::Corrupt {
            why: Corruption::Stage,
            data: Some(data),
        });
    };
    let option = match record.option.as_deref().map(F::Choice::from_name) {
        Some(None) => {
            return Err(DecodeError::Corrupt {
                why: Corruption::Option,
                data: Some(data),
            });
        }
        known => known.flatten(),
    };
    Ok(CachedUserState {
        stage,
        option,
        direction: record.direction,
        question: record.menu.clone().and_then(OpenQuestion::from_text),
        data: Arc::new(data),
        jwt_token: None,
    })
}

/// Reads data of any format up to that of the flow.
pub(crate) fn decode_data<F: Flow>(format: u32, text: &str) -> Result<F::Data, DecodeError<F>> {
    if format > F::DATA_FORMAT {
        return Err(DecodeError::NewerFormat { found: format });
    }
    let data = if format == F::DATA_FORMAT {
        serde_json::from_str(text).ok()
    } else {
        serde_json::from_str::<Value>(text)
            .ok()
            .and_then(|old| F::migrate(format, old))
            .and_then(|new| serde_json::from_value(new).ok())
    };
    // The cause is dropped on purpose: the message of serde quotes the value that it cannot read.
    data.ok_or(DecodeError::Corrupt {
        why: Corruption::State,
        data: None,
    })
}

/// Checks that a commit would store this data, and returns its length as JSON.
///
/// Useful if a host takes over data from elsewhere, and would rather leave some of it out than have
/// its turn fail.
///
/// # Errors
/// [`InvalidState`], if a commit of this data would fail with
/// [`Error::State`](crate::Error::State).
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, Order};
/// use vimbiso_state::session::check_state;
///
/// let mut order = Order::default();
/// assert_eq!(check_state::<Cafe>(&order)?, r#"{"guest":null,"drinks":[]}"#.len());
///
/// order.drinks = vec!["tea".to_owned(); 20_000]; // more than 64 KiB
/// assert!(check_state::<Cafe>(&order).is_err());
/// # Ok::<(), vimbiso_state::session::InvalidState>(())
/// ```
pub fn check_state<F: Flow>(data: &F::Data) -> Result<usize, InvalidState> {
    encode_data::<F>(data).map(|text| text.len())
}

/// Writes the data as JSON and checks what was written.
pub(crate) fn encode_data<F: Flow>(data: &F::Data) -> Result<Box<str>, InvalidState> {
    // Enough for most data, so that the buffer does not grow step by step.
    let mut text = Vec::with_capacity(1024);
    serde_json::to_writer(&mut text, data).map_err(|error| InvalidState::Encode(error.into()))?;
    let text = String::from_utf8(text).map_err(|error| InvalidState::Encode(error.into()))?;
    if text.len() > Record::MAX_DATA {
        return Err(InvalidState::TooLarge { bytes: text.len() });
    }
    guard::check(&text, F::ALLOWED_FIELD_NAMES)?;
    Ok(text.into_boxed_str())
}
