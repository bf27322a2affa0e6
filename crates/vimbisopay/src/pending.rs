//! A call that is announced in the session and has no recorded result yet.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vimbiso_state::CommitId;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;

/// A call that a turn has announced and committed before it is made.
///
/// It may be made any number of times under `key`; the API lets it take effect once.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The idempotency key of the call: the id of the commit that announced it.
    pub key: CommitId,
    /// The call.
    pub call: ApiCall,
    /// The stage to return to if the call is refused.
    pub stage: Stage,
    /// The option to return to if the call is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<Choice>,
    /// A text that the next reply opens with, such as "Your session expired."
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Fields that this release does not know, kept unchanged.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Shows a keyed form of the key, the kind of call and the way back, and no personal data.
impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("key", &self.key)
            .field("call", &self.call)
            .field("stage", &self.stage)
            .field("option", &self.option)
            .finish_non_exhaustive()
    }
}
