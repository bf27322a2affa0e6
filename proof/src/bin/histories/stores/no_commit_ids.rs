//! Compare and set: a commit is applied to what it was decided on, and none is known again.
//!
//! The same attempt may still be sent again, so that what is caught is not the network's doing: it
//! is the second delivery.

use vimbiso_state::store::{Commit, CommitOutcome};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    commit: &CommitRequest<'_>,
) -> Result<CommitOutcome, StoreError> {
    let anew = CommitRequest {
        id: &CommitId::random(),
        ..commit.clone()
    };
    store.commit(user, anew).await.map_err(|error| match error {
        StoreError::Unknown { source, .. } => StoreError::Unknown {
            commit_id: *commit.id,
            source,
        },
        other => other,
    })
}
