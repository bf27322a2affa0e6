//! The records and requests that the behaviours send.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::id::{CommitId, Direction};
use crate::session::{Record, Version};
use crate::store::{
    CommitRequest, CommitStatus, ExpectedToken, Loaded, Precondition, StoredToken, TokenPut,
};

/// A lifetime that does not end during a case.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// A deadline that no call has a reason to miss.
pub(super) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// A record that follows the loaded session.
pub(super) fn after(loaded: &Loaded, data: &str) -> Arc<Record> {
    following(loaded.session.version(), data)
}

/// A record that follows this version.
pub(super) fn following(last: Option<Version>, data: &str) -> Arc<Record> {
    Arc::new(Record {
        version: Version::after(last),
        flow: "cafe".into(),
        entered_by: CommitId::random(),
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        pending_call: None,
        data: data.into(),
    })
}

pub(super) fn commit<'a>(
    id: &'a CommitId,
    precondition: &'a Precondition,
    record: &'a Arc<Record>,
) -> CommitRequest<'a> {
    CommitRequest {
        id,
        precondition,
        record,
        reply: None,
        drop_token: false,
        ttl: LONG,
        // Longer than any TTL of a case, so that it matters only to the tests of it.
        max_lifetime: LONG * 10,
        deadline: soon(),
    }
}

pub(super) fn put<'a>(token: Option<&'a StoredToken>, expected: ExpectedToken<'a>) -> TokenPut<'a> {
    TokenPut {
        token,
        expected,
        ttl: LONG,
        deadline: soon(),
    }
}

/// Whether a commit was applied with this version.
pub(super) fn is_applied(status: &CommitStatus, made: Version) -> bool {
    matches!(status, CommitStatus::Applied { version, .. } if *version == made)
}
