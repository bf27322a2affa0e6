//! What remains of an expired session.

use std::borrow::Cow;

use super::pending_call::PendingCall;
use super::version::Version;
use crate::id::CommitId;

/// What a store keeps of an expired session until its retention is over.
///
/// A turn sees it as [`SessionStatus::Expired`](crate::SessionStatus::Expired).
///
/// # Examples
/// ```
/// use vimbiso_state::session::{Tombstone, Version};
/// use vimbiso_state::{CommitId, MessageId, UserId};
///
/// let user = UserId::new("263771234567")?;
/// let tombstone = Tombstone {
///     flow: "cafe".into(),
///     version: Version::after(None),
///     entered_by: CommitId::of(&user, &MessageId::new("wamid.1")?),
///     stage: "paying".into(),
///     option: None,
///     pending_call: None,
/// };
/// assert_eq!(tombstone.version.revision, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The flow that the session belonged to.
    pub flow: Cow<'static, str>,
    /// The last version.
    pub version: Version,
    /// The commit that took the session to its stage and option.
    pub entered_by: CommitId,
    /// The wire name of the stage.
    pub stage: Cow<'static, str>,
    /// The wire name of the option, if the session had one.
    pub option: Option<Cow<'static, str>>,
    /// The call that is pending, if there is one.
    pub pending_call: Option<PendingCall>,
}
