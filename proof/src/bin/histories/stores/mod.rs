//! The stores that a history can run on: the crate's own, and three common designs that lose or
//! double messages.

mod broken;
mod last_write_wins;
mod no_commit_ids;
mod number_only;

use std::str::FromStr;
use std::sync::Arc;

use vimbiso_state::{RedisStore, StateStore};

use broken::Broken;

/// How a store decides whether a commit is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// As the crate's Redis store does.
    Correct,
    /// The last commit is kept.
    LastWriteWins,
    /// Compare and set; no message is recognised.
    NoCommitIds,
    /// Commit ids, and a version that is a number without a random tag.
    NumberOnly,
}

impl Design {
    pub const ALL: [Self; 4] = [
        Self::Correct,
        Self::LastWriteWins,
        Self::NoCommitIds,
        Self::NumberOnly,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Correct => "redis",
            Self::LastWriteWins => "broken-last-write-wins",
            Self::NoCommitIds => "broken-no-commit-ids",
            Self::NumberOnly => "broken-number-only",
        }
    }

    pub fn on(self, store: RedisStore) -> Arc<dyn StateStore> {
        match self {
            Self::Correct => Arc::new(store),
            design => Arc::new(Broken { store, design }),
        }
    }
}

impl FromStr for Design {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|design| design.name() == name);
        known.ok_or_else(|| {
            format!(
                "--store takes one of {}",
                Self::ALL.map(Self::name).join(", ")
            )
        })
    }
}
