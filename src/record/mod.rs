//! A session as a store sees it: names and text, no types of a host.

mod codec;
mod guard;
mod version;

use std::borrow::Cow;

pub use codec::check_state;
pub(crate) use codec::{Decoded, Undecodable, decode, decode_state, encode_state};
pub use guard::InvalidState;
pub(crate) use version::parse_hex;
pub use version::{InvalidVersion, Version};

use crate::{CommitId, Direction};

/// A live session, as a store keeps it.
///
/// Every name is a wire name, the state is JSON text. Names that come from the flow's constants are borrowed for good, so
/// that keeping a record costs the state alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its version. Every applied commit has one of its own.
    pub version: Version,
    /// The commit that took the session to this stage and option. It stays while the session stays.
    pub commit_id: CommitId,
    /// The format number of `state`, [`Flow::STATE_FORMAT`](crate::Flow::STATE_FORMAT).
    pub format: u32,
    /// The stage.
    pub stage: Cow<'static, str>,
    /// The option, where there is one.
    pub option: Option<Cow<'static, str>>,
    /// Which way the last message went.
    pub direction: Direction,
    /// The menu last shown, with its choices: one word of at most 715 bytes of `A–Z a–z 0–9 _ . - : ,`.
    pub menu: Option<Cow<'static, str>>,
    /// The state: a JSON object of at most [`Record::MAX_STATE`] bytes.
    pub state: Box<str>,
}

impl Record {
    /// The longest state, in bytes of JSON.
    pub const MAX_STATE: usize = 64 * 1024;
    /// The deepest nesting of a state, itself counted.
    pub const MAX_DEPTH: usize = 32;
    /// The longest remembered reply, in bytes of JSON.
    pub const MAX_REPLY: usize = 16 * 1024;
    /// The longest wire name, in bytes.
    pub const MAX_NAME: usize = crate::flow::MAX_NAME;
    /// The longest [`menu`](Self::menu), in bytes.
    pub const MAX_MENU: usize = crate::flow::Shown::MAX_LEN;

    /// What remains of this session when it has expired.
    #[must_use]
    pub fn trace(&self) -> Trace {
        Trace {
            version: self.version,
            commit_id: self.commit_id,
            stage: self.stage.clone(),
            option: self.option.clone(),
        }
    }
}

/// Shows neither the state nor the menu.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("version", &self.version)
            .field("commit_id", &self.commit_id)
            .field("format", &self.format)
            .field("stage", &self.stage)
            .field("option", &self.option)
            .field("direction", &self.direction)
            .field("state", &format_args!("{} bytes", self.state.len()))
            .finish_non_exhaustive()
    }
}

/// What a store remembers of an expired session, for its whole retention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The last version.
    pub version: Version,
    /// The commit that took the session to this stage and option.
    pub commit_id: CommitId,
    /// The stage it stood in.
    pub stage: Cow<'static, str>,
    /// The option, where there was one.
    pub option: Option<Cow<'static, str>>,
}

/// Why a session could not be read as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Some of its parts are missing, others are there: evicted, or removed by hand.
    #[error("parts of the session are missing")]
    Torn,
    /// What the store holds is not in a form that this crate writes.
    #[error("the record is not in a known form")]
    Record,
    /// The state is no JSON object of the flow's type, and no migration leads there.
    #[error("the state cannot be read")]
    State,
    /// The flow has no such stage.
    #[error("the stage is unknown")]
    Stage,
    /// The flow has no such option.
    #[error("the option is unknown")]
    Option,
}
