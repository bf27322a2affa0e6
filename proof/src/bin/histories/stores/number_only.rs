//! A version that is a number: what has the same number is taken for the same.

use vimbiso_state::store::{Basis, Commit, CommitOutcome, Loaded};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

pub async fn commit(
    store: &RedisStore,
    user: &UserId,
    commit: &Commit<'_>,
) -> Result<CommitOutcome, StoreError> {
    loop {
        let found = store.load(user, Some(commit.id), commit.deadline).await?;
        if found.done.is_none() && number(&found) != *commit.basis {
            return Ok(CommitOutcome::Conflict(numbered(found)));
        }
        let same_number = Commit {
            basis: &found.basis,
            ..commit.clone()
        };
        return Ok(match store.commit(user, same_number).await? {
            CommitOutcome::Conflict(_) => continue,
            CommitOutcome::Applied(Some(_)) => {
                CommitOutcome::Applied(Some(Basis::new(revision(commit.record.version.revision))))
            }
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

fn number(loaded: &Loaded) -> Basis {
    Basis::new(revision(
        loaded
            .session
            .version()
            .map_or(0, |version| version.revision),
    ))
}

fn revision(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}
