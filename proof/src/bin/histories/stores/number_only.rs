//! A version that is a number: two sessions of one number are taken for the same.

use vimbiso_state::store::{CommitOutcome, CommitRequest, Loaded, Precondition};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    request: &CommitRequest<'_>,
) -> Result<CommitOutcome, StoreError> {
    loop {
        let found = store.load(user, Some(request.id), request.deadline).await?;
        if found.commit_status.is_none() && number(&found) != *request.precondition {
            return Ok(CommitOutcome::Conflict(numbered(found)));
        }
        let same_number = CommitRequest {
            precondition: &found.precondition,
            ..request.clone()
        };
        return Ok(match store.commit(user, same_number).await? {
            CommitOutcome::Conflict(_) => continue,
            CommitOutcome::Applied(Some(_)) => CommitOutcome::Applied(Some(Precondition::new(
                revision(request.record.version.revision),
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

/// The same session with its number alone as the precondition.
pub fn numbered(loaded: Loaded) -> Loaded {
    Loaded {
        precondition: number(&loaded),
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
