//! Why a session cannot be read.

/// Why a session could not be read as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corruption {
    /// Some of its parts are missing, others are there: evicted, or removed by hand.
    #[error("parts of the session are missing")]
    Torn,
    /// What the store holds is not in a form that this crate writes.
    #[error("the record is not in a known form")]
    Record,
    /// The state is no JSON object of the flow's type, and no migration leads there.
    #[error("the state cannot be read")]
    State,
    /// The flow has no such stage.
    #[error("the stage is unknown")]
    Stage,
    /// The flow has no such option.
    #[error("the option is unknown")]
    Option,
}
