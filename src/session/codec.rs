//! Between a flow's types and a record's text.

use serde_json::Value;

use super::{Corruption, InvalidState, Record, guard};
use crate::flow::{Choice, Flow, Shown, Stage};
use crate::id::Direction;

/// A record in the flow's own types.
#[derive(Debug)]
pub(crate) struct Decoded<F: Flow> {
    pub(crate) stage: F::Stage,
    pub(crate) option: Option<F::Choice>,
    pub(crate) direction: Direction,
    pub(crate) shown: Option<Shown>,
    pub(crate) data: F::Data,
}

/// Why a record is not decoded, and what could be saved of it.
#[derive(Debug)]
pub(crate) enum Undecodable<F: Flow> {
    /// A later release wrote it. It must not be touched.
    Newer { found: u32 },
    /// It is corrupt; the data is kept if it still decodes.
    Corrupt {
        why: Corruption,
        data: Option<F::Data>,
    },
}

pub(crate) fn decode<F: Flow>(record: &Record) -> Result<Decoded<F>, Undecodable<F>> {
    let data = decode_state::<F>(record.format, &record.data)?;
    let Some(stage) = F::Stage::from_name(&record.stage) else {
        return Err(Undecodable::Corrupt {
            why: Corruption::Stage,
            data: Some(data),
        });
    };
    let option = match record.option.as_deref().map(F::Choice::from_name) {
        Some(None) => {
            return Err(Undecodable::Corrupt {
                why: Corruption::Option,
                data: Some(data),
            });
        }
        known => known.flatten(),
    };
    Ok(Decoded {
        stage,
        option,
        direction: record.direction,
        shown: record.menu.clone().map(Shown::from_text),
        data,
    })
}

/// Reads data of any format up to the flow's own.
pub(crate) fn decode_state<F: Flow>(format: u32, text: &str) -> Result<F::Data, Undecodable<F>> {
    if format > F::DATA_FORMAT {
        return Err(Undecodable::Newer { found: format });
    }
    let data = if format == F::DATA_FORMAT {
        serde_json::from_str(text).ok()
    } else {
        serde_json::from_str::<Value>(text)
            .ok()
            .and_then(|old| F::migrate(format, old))
            .and_then(|new| serde_json::from_value(new).ok())
    };
    // The cause is dropped on purpose: serde's message quotes the value that it could not read.
    data.ok_or(Undecodable::Corrupt {
        why: Corruption::State,
        data: None,
    })
}

/// Whether a commit would store this state, and its length as JSON.
///
/// For a host that takes over what others sent, and would rather leave some of it out than have its turn refused.
///
/// # Errors
/// [`InvalidState`], as the turn would be refused.
///
/// # Examples
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// use vimbiso_state::check_state;
/// use vimbiso_state::vimbisopay::{Data, VimbisoPay};
///
/// let mut state = Data::default();
/// assert_eq!(check_state::<VimbisoPay>(&state).unwrap(), "{}".len());
/// state.extra.insert("pin".into(), 1234.into());
/// assert!(check_state::<VimbisoPay>(&state).is_err());
/// # }
/// ```
pub fn check_state<F: Flow>(state: &F::Data) -> Result<usize, InvalidState> {
    encode_state::<F>(state).map(|text| text.len())
}

/// Writes a state, once, and looks through what it wrote.
pub(crate) fn encode_state<F: Flow>(state: &F::Data) -> Result<Box<str>, InvalidState> {
    // Room for most states at once, rather than doubled again and again.
    let mut text = Vec::with_capacity(1024);
    serde_json::to_writer(&mut text, state).map_err(|error| InvalidState::Encode(error.into()))?;
    let text = String::from_utf8(text).map_err(|error| InvalidState::Encode(error.into()))?;
    if text.len() > Record::MAX_DATA {
        return Err(InvalidState::TooLarge { bytes: text.len() });
    }
    guard::inspect(&text, F::ALLOWED_FIELD_NAMES)?;
    Ok(text.into_boxed_str())
}
