//! What remains of a session that has expired.

use std::borrow::Cow;

use super::version::Version;
use crate::id::CommitId;

/// What a store remembers of an expired session, for its whole retention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The last version.
    pub version: Version,
    /// The commit that took the session to this stage and option.
    pub entered_by: CommitId,
    /// The stage it stood in.
    pub stage: Cow<'static, str>,
    /// The option, where there was one.
    pub option: Option<Cow<'static, str>>,
}
