//! Which answers are read as answers to the open question.

/// Which answers to the open question are read as such.
// In the order of how few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum QuestionCounts {
    Always,
    /// Only its buttons: the question may not have reached the user when the answer was typed.
    IfPressed,
    /// None: it was asked too long ago for what the answer would do.
    Never,
}
