//! How much of a reply was sent that consists of several messages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use vimbiso_state::CommitId;

/// More than wait to be sent again at a time.
const MAX_REPLIES: usize = 1_024;

/// Kept by this process alone: if another one takes over, the user reads the first parts twice.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<HashMap<CommitId, usize>>);

impl Progress {
    pub(super) fn of(&self, reply: CommitId) -> usize {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(&reply).copied().unwrap_or(0)
    }

    pub(super) fn set(&self, reply: CommitId, parts: usize) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A reply that another process has sent is never removed here.
        if sent.len() >= MAX_REPLIES {
            sent.clear();
        }
        sent.insert(reply, parts);
    }

    pub(super) fn remove(&self, reply: CommitId) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.remove(&reply);
    }
}
