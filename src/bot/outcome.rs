//! What became of a call.

/// What became of a call, for good.
// A host must decide about each, so no `#[non_exhaustive]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R> {
    /// It took effect.
    Done(R),
    /// The API refused it, for this reason.
    Refused(String),
    /// It did not take effect, and never will.
    NotMade,
    /// It is not known: the API gave no certain answer until the bot
    /// [gave up](super::BotBuilder::give_up_after).
    GivenUp,
}
