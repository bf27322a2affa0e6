//! What a store answers, as far as it matters here.

use vimbiso_state::CommitId;
use vimbiso_state::id::CallKey;
use vimbiso_state::session::Version;
use vimbiso_state::store::LaneState;

/// An entry as it is handed out, or read: how old a call is, and if a reply is in doubt.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Reply(CommitId, u32, bool),
    Call(CallKey, u32, u64),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// With the lanes: replies, and the call.
    Applied(LaneState, LaneState),
    Full,
    CallPending(Entry),
    NoSuchCall,
    Unsent,
    Work(Entry),
    /// For so many seconds.
    Held(u64),
    Idle,
    Released,
    NotHolder,
    /// All entries, and the wake-up: the version, and in how many seconds.
    Read(Vec<Entry>, Option<(Version, u64)>),
    Deleted,
    Removed(bool),
}
