//! Get, then set: a commit overwrites any session that it finds.

use vimbiso_state::store::{CommitOutcome, CommitRequest};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

use super::no_commit_ids;

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    request: &CommitRequest<'_>,
) -> Result<CommitOutcome, StoreError> {
    loop {
        let found = store.load(user, None, request.deadline).await?;
        let over = CommitRequest {
            precondition: &found.precondition,
            ..request.clone()
        };
        match no_commit_ids::commit(store, user, &over).await? {
            CommitOutcome::Conflict(_) => {}
            written => return Ok(written),
        }
    }
}
