//! Between the types of a flow and the text of a record.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::guard::Checked;
use super::{CachedUserState, Corruption, InvalidState, ReadBackError, Record, guard};
use crate::flow::{Choice, Flow, OpenQuestion, Stage};

/// What each value and each name of the data takes in memory, beside its own text: a `String`, a
/// `Vec` or a `Value` with its share of a list or a map.
const BYTES_A_VALUE: usize = 48;

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
/// its turn fail. It makes every check that a commit makes.
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
    encode_data::<F>(data).map(|encoded| encoded.text.len())
}

/// Data as a commit stores it.
#[derive(Debug)]
pub(crate) struct Encoded<T> {
    /// The JSON.
    pub(crate) text: Box<str>,
    /// The data as it is read back from the JSON.
    pub(crate) data: T,
    /// How many bytes the data takes in memory, roughly.
    pub(crate) memory: usize,
}

/// Writes the data as JSON, checks what was written, and reads it back.
pub(crate) fn encode_data<F: Flow>(data: &F::Data) -> Result<Encoded<F::Data>, InvalidState> {
    let text = write(data)?;
    if text.len() > Record::MAX_DATA {
        return Err(InvalidState::TooLarge { bytes: text.len() });
    }
    let Checked { data, values } = guard::check_data(data, &text, F::ALLOWED_FIELD_NAMES)?;
    Ok(Encoded {
        memory: text.len() + values * BYTES_A_VALUE,
        text: text.into_boxed_str(),
        data,
    })
}

/// Writes a call as JSON, and makes the checks that data gets: it is kept as long as data may be.
pub(crate) fn encode_call<F, T>(call: &T) -> Result<Box<str>, InvalidCall>
where
    F: Flow,
    T: Serialize + DeserializeOwned,
{
    let text = write(call).map_err(InvalidCall::State)?;
    if text.len() > Record::MAX_REPLY {
        return Err(InvalidCall::TooLarge { bytes: text.len() });
    }
    guard::check_data(call, &text, F::ALLOWED_FIELD_NAMES).map_err(InvalidCall::State)?;
    Ok(text.into_boxed_str())
}

/// Why a call is not stored.
#[derive(Debug)]
pub(crate) enum InvalidCall {
    TooLarge { bytes: usize },
    State(InvalidState),
}

fn write<T: Serialize>(value: &T) -> Result<String, InvalidState> {
    // Enough for most data, so that the buffer does not grow step by step.
    let mut text = Vec::with_capacity(1024);
    // The cause is dropped on purpose, here and of a reply: serde's message may quote the data.
    serde_json::to_writer(&mut text, value).map_err(|_| InvalidState::Encode {
        path: guard::not_writable(value),
    })?;
    // serde_json writes nothing but text, and a library must not panic if it ever does.
    String::from_utf8(text).map_err(|_| InvalidState::Encode {
        path: "$".to_owned(),
    })
}

/// Writes a reply as JSON, and checks that it can be read back as an `O`.
pub(crate) fn encode_reply<T, O>(reply: &T) -> Result<Box<str>, InvalidReply>
where
    T: Serialize + ?Sized,
    O: Serialize + DeserializeOwned,
{
    let text = serde_json::to_string(reply).map_err(|_| InvalidReply::Encode {
        path: guard::not_writable(reply),
    })?;
    if text.len() > Record::MAX_REPLY {
        return Err(InvalidReply::TooLarge { bytes: text.len() });
    }
    guard::check_reply::<T, O>(reply, &text).map_err(InvalidReply::NotReadable)?;
    Ok(text.into_boxed_str())
}

/// Why a reply is not stored.
#[derive(Debug)]
pub(crate) enum InvalidReply {
    Encode { path: String },
    TooLarge { bytes: usize },
    NotReadable(ReadBackError),
}
