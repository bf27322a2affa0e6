//! A version that is a number: what has the same number is taken for the same.

use vimbiso_state::store::{Commit, CommitOutcome, Loaded, Precondition};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    commit: &CommitRequest<'_>,
) -> Result<CommitOutcome, StoreError> {
    loop {
        let found = store.load(user, Some(commit.id), commit.deadline).await?;
        if found.done.is_none() && number(&found) != *commit.basis {
            return Ok(CommitOutcome::Conflict(numbered(found)));
        }
        let same_number = CommitRequest {
            basis: &found.precondition,
            ..commit.clone()
        };
        return Ok(match store.commit(user, same_number).await? {
            CommitOutcome::Conflict(_) => continue,
            CommitOutcome::Applied(Some(_)) => CommitOutcome::Applied(Some(Precondition::new(
                revision(commit.record.version.revision),
            ))),
            CommitOutcome::Duplicate {
                version,
                reply,
                current,
            } => CommitOutcome::Duplicate {
                version,
                reply,
                current: numbered(current),
            },
            other => other,
        });
    }
}

/// The same, to be decided on by its number alone.
pub fn numbered(loaded: Loaded) -> Loaded {
    Loaded {
        basis: number(&loaded),
        ..loaded
    }
}

fn number(loaded: &Loaded) -> Precondition {
    Precondition::new(revision(
        loaded
            .session
            .version()
            .map_or(0, |version| version.revision),
    ))
}

fn revision(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}
