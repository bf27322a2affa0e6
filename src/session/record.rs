//! A session as a store keeps it: names and text, no types of a flow.

use std::borrow::Cow;
use std::fmt;

use super::pending_call::PendingCall;
use super::tombstone::Tombstone;
use super::version::Version;
use crate::id::{CommitId, Direction};

/// A session as a store keeps it.
///
/// A store writes and reads records, and needs to understand none of their contents. Every name is
/// a wire name, and the data is JSON text. `Debug` shows neither the data nor the menu.
///
/// # Examples
/// ```
/// use vimbiso_state::session::{Record, Version};
/// use vimbiso_state::{CommitId, Direction};
///
/// let record = Record {
///     flow: "cafe".into(),
///     version: Version::after(None),
///     entered_by: CommitId::random(),
///     format: 1,
///     stage: "counter".into(),
///     option: Some("coffee".into()),
///     direction: Direction::Out,
///     menu: Some("drinks~7f3a1c0b2d4e5f60:coffee,tea,pay".into()),
///     pending_call: None,
///     data: r#"{"guest":"Ada","drinks":["coffee"]}"#.into(),
/// };
/// assert_eq!(record.tombstone().stage, "counter");
/// assert!(!format!("{record:?}").contains("Ada"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The flow that the session belongs to, [`Flow::NAME`](crate::Flow::NAME).
    pub flow: Cow<'static, str>,
    /// The version. Each applied commit has its own.
    pub version: Version,
    /// The commit that took the session to its stage and option. Later commits that change neither
    /// keep it.
    pub entered_by: CommitId,
    /// The format number of `data`, [`Flow::DATA_FORMAT`](crate::Flow::DATA_FORMAT).
    pub format: u32,
    // The names come from constants of the flow, so a record in memory borrows them.
    /// The stage.
    pub stage: Cow<'static, str>,
    /// The option, if there is one.
    pub option: Option<Cow<'static, str>>,
    /// Which way the last message went.
    pub direction: Direction,
    /// The question that is open, with its menu and choices: at most [`Record::MAX_MENU`] bytes of
    /// `A–Z a–z 0–9 _ . - ~ : ,`.
    pub menu: Option<Cow<'static, str>>,
    /// The call that is pending, if there is one.
    pub pending_call: Option<PendingCall>,
    /// The data: a JSON object of at most [`Record::MAX_DATA`] bytes.
    pub data: Box<str>,
}

impl Record {
    /// The longest data, in bytes of JSON.
    pub const MAX_DATA: usize = 64 * 1024;
    /// The deepest nesting of the data. The outermost object counts as one level.
    pub const MAX_DEPTH: usize = 32;
    /// The longest stored reply, in bytes of JSON.
    pub const MAX_REPLY: usize = 16 * 1024;
    /// The longest wire name, in bytes.
    pub const MAX_NAME: usize = crate::flow::MAX_NAME;
    /// The longest [`menu`](Self::menu), in bytes.
    pub const MAX_MENU: usize = crate::flow::OpenQuestion::MAX_LEN;

    /// What a store keeps of this session after it has expired.
    #[must_use]
    pub fn tombstone(&self) -> Tombstone {
        Tombstone {
            flow: self.flow.clone(),
            version: self.version,
            entered_by: self.entered_by,
            stage: self.stage.clone(),
            option: self.option.clone(),
            pending_call: self.pending_call,
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("flow", &self.flow)
            .field("version", &self.version)
            .field("entered_by", &self.entered_by)
            .field("format", &self.format)
            .field("stage", &self.stage)
            .field("option", &self.option)
            .field("direction", &self.direction)
            .field("pending_call", &self.pending_call)
            .field("data", &format_args!("{} bytes", self.data.len()))
            .finish_non_exhaustive()
    }
}
