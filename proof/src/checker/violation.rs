//! What can be wrong with a history.

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Acknowledged, and not in the list.
    Lost,
    /// Took effect twice.
    Doubled,
    /// A read or a decision older than what was known.
    Stale,
    /// A list that is not the beginning of the last one.
    Forked,
    /// A resolve or a stored reply that contradicts the list.
    Untrue,
    /// In the list, though no worker sent it, or every delivery of it was denied.
    Unheard,
    /// An error that must not happen here.
    Failed,
}

impl Kind {
    /// Every kind, the worst first.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Doubled,
        Self::Stale,
        Self::Forked,
        Self::Untrue,
        Self::Unheard,
        Self::Failed,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Stale => "stale",
            Self::Forked => "forked",
            Self::Untrue => "untrue",
            Self::Unheard => "unheard of",
            Self::Failed => "failed",
        }
    }

    /// What it means.
    pub fn means(self) -> &'static str {
        match self {
            Self::Lost => "acknowledged, and not in the list",
            Self::Doubled => "took effect twice",
            Self::Stale => "a read or a decision older than what was known",
            Self::Forked => "a list that is not the beginning of the last one",
            Self::Untrue => "a resolve or a stored reply that contradicts the list",
            Self::Unheard => "in the list, though no worker sent it or every delivery was denied",
            Self::Failed => "an error that must not happen here",
        }
    }
}

/// One rule broken, with the events that show it.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The rule.
    pub kind: Kind,
    /// The session in which it is broken.
    pub session: u8,
    /// How, in words.
    pub text: String,
    /// The indices of these events in the history.
    pub evidence: Vec<usize>,
}
