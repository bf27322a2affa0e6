//! Compare and set: a commit has a precondition, but no commit id is recognised.
//!
//! The same attempt may still be sent again. So the network alone breaks nothing: a violation comes
//! from a second delivery.

use vimbiso_state::store::{CommitOutcome, CommitRequest};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    request: &CommitRequest<'_>,
) -> Result<CommitOutcome, StoreError> {
    let renamed = CommitRequest {
        id: &CommitId::random(),
        ..request.clone()
    };
    store
        .commit(user, renamed)
        .await
        .map_err(|error| match error {
            StoreError::Unknown { source, .. } => StoreError::Unknown {
                commit_id: *request.id,
                source,
            },
            other => other,
        })
}
