//! Why a session cannot be read.

/// Why a session could not be read as it was written.
///
/// The session then starts over, as [`SessionStatus::Recovered`](crate::SessionStatus::Recovered).
///
/// # Examples
/// ```
/// use vimbiso_state::session::Corruption;
///
/// assert_eq!(Corruption::Stage.to_string(), "the stage is unknown");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corruption {
    /// Some parts of the session are missing, but not all: evicted, or removed by hand.
    #[error("parts of the session are missing")]
    Torn,
    /// The commit ids of the session are lost: evicted, or removed by hand. A message that took
    /// effect before would not be recognised if it is delivered again, so it must not find the
    /// session where it left it.
    #[error("the commit ids of the session are lost")]
    CommitIds,
    /// The store holds a record in a form that this crate does not write.
    #[error("the form of the record is unknown")]
    Record,
    /// The data does not decode to [`Flow::Data`](crate::Flow::Data), and
    /// [`Flow::migrate`](crate::Flow::migrate) could not help.
    #[error("the data cannot be read")]
    State,
    /// The flow has no stage of this name.
    #[error("the stage is unknown")]
    Stage,
    /// The flow has no choice of this name.
    #[error("the option is unknown")]
    Option,
}
