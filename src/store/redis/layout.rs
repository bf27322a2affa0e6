//! Under which keys a session stands: what is asked and how the answer is read, under either layout.

use redis::{Cmd, Pipeline, Value};

use super::fault::Fault;
use super::keys::Keys;
use super::line::Unbegun;
use super::precondition::Ground;
use super::script::{self, Script};
use super::{five_keys, one_key};
use crate::id::CommitId;
use crate::store::{CommitRequest, Loaded, Precondition};

/// Under which keys a [`RedisStore`](super::RedisStore) keeps sessions.
///
/// The contract is the same. All who work on one namespace need the same layout; a session that stands there in the other one is
/// refused, and left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyLayout {
    /// The specification's five keys, readable one by one by other programs.
    #[default]
    FiveKeys,
    /// State, stage, option and direction in one string: less of the server's time and memory, and nothing that an eviction
    /// could tear. Other programs read a line of plain text, and below it the state.
    OneKey,
}

impl KeyLayout {
    /// The reads of a load.
    pub(super) fn reads(self, keys: &Keys, commit: Option<&CommitId>) -> Pipeline {
        match self {
            Self::FiveKeys => five_keys::reads(keys, commit),
            Self::OneKey => one_key::reads(keys, commit),
        }
    }

    /// What a load, or the refusal of a commit, found.
    pub(super) fn loaded(self, values: Vec<Value>) -> Result<Loaded, Fault> {
        match self {
            Self::FiveKeys => five_keys::loaded(values),
            Self::OneKey => one_key::loaded(values),
        }
    }

    pub(super) fn script(self) -> &'static Script {
        match self {
            Self::FiveKeys => &script::FIVE_KEYS,
            Self::OneKey => &script::ONE_KEY,
        }
    }

    /// The call of [the script](Self::script).
    pub(super) fn commit(
        self,
        keys: &Keys,
        sent: &CommitRequest<'_>,
        ground: &Ground<'_>,
        line: &Unbegun,
        retention: u64,
    ) -> Cmd {
        match self {
            Self::FiveKeys => five_keys::commit(keys, sent, ground, line, retention),
            Self::OneKey => one_key::commit(keys, sent, ground, line, retention),
        }
    }

    /// What the commit after this one stands on.
    pub(super) fn next(self, line: &Unbegun, began: i64) -> Precondition {
        match self {
            Self::FiveKeys => five_keys::next(line, began),
            Self::OneKey => one_key::next(line, began),
        }
    }
}
