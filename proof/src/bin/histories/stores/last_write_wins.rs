//! Get, then set: a commit is written over whatever stands there.

use vimbiso_state::store::{Commit, CommitOutcome};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

use super::no_commit_ids;

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    commit: &CommitRequest<'_>,
) -> Result<CommitOutcome, StoreError> {
    loop {
        let found = store.load(user, None, commit.deadline).await?;
        let over = CommitRequest {
            basis: &found.precondition,
            ..commit.clone()
        };
        match no_commit_ids::commit(store, user, &over).await? {
            CommitOutcome::Conflict(_) => {}
            written => return Ok(written),
        }
    }
}
