//! What can be wrong with a history.

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Lost,
    Doubled,
    Stale,
    Forked,
    Untrue,
    Unheard,
    Failed,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Doubled,
        Self::Stale,
        Self::Forked,
        Self::Untrue,
        Self::Unheard,
        Self::Failed,
    ];

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

    pub fn means(self) -> &'static str {
        match self {
            Self::Lost => "acknowledged, and not in the list",
            Self::Doubled => "took effect twice",
            Self::Stale => "a read or a decision older than what was known",
            Self::Forked => "a list that is no beginning of the last one",
            Self::Untrue => "a resolve or a remembered reply that says otherwise than the list",
            Self::Unheard => "in the list, and sent by nobody or denied by all",
            Self::Failed => "an error that has no place here",
        }
    }
}

/// One rule broken, with the events that show it.
#[derive(Debug, Clone)]
pub struct Violation {
    pub kind: Kind,
    pub session: u8,
    pub text: String,
    pub evidence: Vec<usize>,
}
