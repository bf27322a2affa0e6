//! Between a flow's types and a record's text.

use serde_json::Value;

use super::{Damage, InvalidState, Record, guard};
use crate::Direction;
use crate::flow::{Choice, Flow, Shown, Stage};

/// A record in the flow's own types.
#[derive(Debug)]
pub(crate) struct Decoded<F: Flow> {
    pub(crate) stage: F::Stage,
    pub(crate) option: Option<F::Choice>,
    pub(crate) direction: Direction,
    pub(crate) shown: Option<Shown>,
    pub(crate) state: F::State,
}

/// Why a record is not decoded, and what could be saved of it.
#[derive(Debug)]
pub(crate) enum Undecodable<F: Flow> {
    /// A later release wrote it: hands off.
    Newer { found: u32 },
    /// It is damaged; the state is kept where it still decodes.
    Damaged {
        why: Damage,
        state: Option<F::State>,
    },
}

pub(crate) fn decode<F: Flow>(record: &Record) -> Result<Decoded<F>, Undecodable<F>> {
    let state = decode_state::<F>(record.format, &record.state)?;
    let Some(stage) = F::Stage::from_name(&record.stage) else {
        return Err(Undecodable::Damaged {
            why: Damage::Stage,
            state: Some(state),
        });
    };
    let option = match record.option.as_deref().map(F::Choice::from_name) {
        Some(None) => {
            return Err(Undecodable::Damaged {
                why: Damage::Option,
                state: Some(state),
            });
        }
        known => known.flatten(),
    };
    let shown = record.menu.clone().map(Shown::from_text);
    Ok(Decoded {
        stage,
        option,
        direction: record.direction,
        shown,
        state,
    })
}

/// Reads a state of any format up to the flow's own.
pub(crate) fn decode_state<F: Flow>(format: u32, text: &str) -> Result<F::State, Undecodable<F>> {
    if format > F::STATE_FORMAT {
        return Err(Undecodable::Newer { found: format });
    }
    let state = if format == F::STATE_FORMAT {
        serde_json::from_str(text).ok()
    } else {
        serde_json::from_str::<Value>(text)
            .ok()
            .and_then(|old| F::migrate(format, old))
            .and_then(|new| serde_json::from_value(new).ok())
    };
    // The cause is dropped on purpose: serde's message quotes the value that it stumbled over.
    state.ok_or(Undecodable::Damaged {
        why: Damage::State,
        state: None,
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
/// use vimbiso_state::vimbisopay::{State, VimbisoPay};
///
/// let mut state = State::default();
/// assert_eq!(check_state::<VimbisoPay>(&state).unwrap(), "{}".len());
/// state.extra.insert("pin".into(), 1234.into());
/// assert!(check_state::<VimbisoPay>(&state).is_err());
/// # }
/// ```
pub fn check_state<F: Flow>(state: &F::State) -> Result<usize, InvalidState> {
    encode_state::<F>(state).map(|text| text.len())
}

/// Writes a state, once, and looks through what it wrote.
pub(crate) fn encode_state<F: Flow>(state: &F::State) -> Result<Box<str>, InvalidState> {
    // Room for most states at once, rather than doubled again and again.
    let mut text = Vec::with_capacity(1024);
    serde_json::to_writer(&mut text, state).map_err(|error| InvalidState::Encode(error.into()))?;
    let text = String::from_utf8(text).map_err(|error| InvalidState::Encode(error.into()))?;
    if text.len() > Record::MAX_STATE {
        return Err(InvalidState::TooLarge { bytes: text.len() });
    }
    guard::inspect(&text, F::MAY_HOLD)?;
    Ok(text.into_boxed_str())
}
