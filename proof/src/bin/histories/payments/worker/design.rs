//! What a worker does after a commit: as the bot does, or in one of three ways that seem simpler.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Design {
    /// The bot of the crate.
    Outbox,
    /// Pay and reply after the commit, without an outbox.
    AfterCommit,
    /// Pay within the turn, under its commit id, then commit; after a conflict begin again.
    InTurn,
    /// Keep what is to be done in the session, and commit a mark when it is done.
    SentMark,
}

impl Design {
    pub const ALL: [Self; 4] = [
        Self::Outbox,
        Self::AfterCommit,
        Self::InTurn,
        Self::SentMark,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::AfterCommit => "naive-after-commit",
            Self::InTurn => "naive-in-turn",
            Self::SentMark => "naive-sent-mark",
        }
    }
}

impl FromStr for Design {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|design| design.name() == name);
        known.ok_or_else(|| {
            format!(
                "--bot takes one of {}",
                Self::ALL.map(Self::name).join(", ")
            )
        })
    }
}
