//! What is removed of a user.

use crate::id::CallKey;

/// What [`remove`](super::OutboxStore::remove) removes of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// What belongs to a login: the session and its tombstone, the token and its lease, recorded
    /// commit ids, the wake-up, and all replies but the outcomes that were not shown. The call in
    /// the slot stays, with its lease: it belongs to the user, and so does its outcome.
    Login,
    /// Everything, if this call is in the slot, or none is and it is `None`.
    User(Option<CallKey>),
}
