//! A session as a store sees it: names and text, no types of a host.

use std::borrow::Cow;

use super::tombstone::Tombstone;
use super::version::Version;
use crate::id::{CommitId, Direction};

/// A live session, as a store keeps it.
///
/// Every name is a wire name, the state is JSON text. Names that come from the flow's constants are borrowed for good, so
/// that keeping a record costs the state alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its version. Every applied commit has one of its own.
    pub version: Version,
    /// The commit that took the session to this stage and option. It stays while the session stays.
    pub entered_by: CommitId,
    /// The format number of `state`, [`Flow::DATA_FORMAT`](crate::Flow::DATA_FORMAT).
    pub format: u32,
    /// The stage.
    pub stage: Cow<'static, str>,
    /// The option, where there is one.
    pub option: Option<Cow<'static, str>>,
    /// Which way the last message went.
    pub direction: Direction,
    /// The menu last shown, with its choices: one word of at most 715 bytes of `A–Z a–z 0–9 _ . - : ,`.
    pub menu: Option<Cow<'static, str>>,
    /// The state: a JSON object of at most [`Record::MAX_DATA`] bytes.
    pub data: Box<str>,
}

impl Record {
    /// The longest state, in bytes of JSON.
    pub const MAX_DATA: usize = 64 * 1024;
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
    pub fn tombstone(&self) -> Tombstone {
        Tombstone {
            version: self.version,
            entered_by: self.entered_by,
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
            .field("entered_by", &self.entered_by)
            .field("format", &self.format)
            .field("stage", &self.stage)
            .field("option", &self.option)
            .field("direction", &self.direction)
            .field("data", &format_args!("{} bytes", self.data.len()))
            .finish_non_exhaustive()
    }
}
