//! What to answer a channel after an error.

use super::{Error, StoreError};

/// What to do with a message whose handling failed.
///
/// A channel delivers a message again if its webhook is answered with a 5xx status. That is safe
/// after every [`Error`]: if the message had taken effect after all, the next delivery is a
/// duplicate. So the question is whether another delivery can succeed, and whether a person must
/// act first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// Answer 5xx: another delivery can succeed by itself. Alert if it lasts.
    Retry,
    /// Answer 2xx: another delivery would fail in the same way. Tell the user what to do instead.
    Answered,
    /// Answer 5xx and alert: another delivery can succeed once a person has fixed the store or its
    /// settings.
    Alert,
}

impl Error {
    /// What to do with the message that this error belongs to.
    ///
    /// * `Retry`: [`Contended`](Self::Contended) and [`Conflict`](Self::Conflict), if others were
    ///   faster; [`OutboxFull`](Self::OutboxFull), until replies are sent;
    ///   [`NewerFormat`](Self::NewerFormat), which a worker of the newer release can handle;
    ///   [`Unavailable`](StoreError::Unavailable) and [`Unknown`](StoreError::Unknown), which the
    ///   next delivery settles; and [`Host`](Self::Host), your closure's own error: match it first
    ///   if another delivery cannot help.
    /// * `Alert`: [`OverCapacity`](StoreError::OverCapacity), [`Denied`](StoreError::Denied) and
    ///   [`Misconfigured`](StoreError::Misconfigured), if the store needs room, rights or a
    ///   setting; [`Corrupt`](StoreError::Corrupt) and [`TooLarge`](StoreError::TooLarge), if a key
    ///   of this user holds a foreign value; [`Setting`](Self::Setting); and
    ///   [`SentAt`](Self::SentAt), if the host reads the channel's time in another unit or this
    ///   machine's clock is wrong.
    /// * `Answered`: [`State`](Self::State) and [`Call`](Self::Call), so ask the user to write it
    ///   in another way; [`Stale`](Self::Stale) and [`Fenced`](Self::Fenced), so ask the user to
    ///   send it again;
    ///   [`UserId`](Self::UserId), [`MessageId`](Self::MessageId) and [`Token`](Self::Token), which
    ///   are invalid input; and mistakes of the bot, to be logged:
    ///   [`InvalidTransition`](Self::InvalidTransition), [`NotOnMenu`](Self::NotOnMenu),
    ///   [`OlderQuestion`](Self::OlderQuestion), [`Menu`](Self::Menu),
    ///   [`CallTooLarge`](Self::CallTooLarge), [`ReplyTooLarge`](Self::ReplyTooLarge),
    ///   [`ReplyNotWritable`](Self::ReplyNotWritable),
    ///   [`ReplyNotReadable`](Self::ReplyNotReadable), [`Reply`](Self::Reply).
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::store::StoreError;
    /// use vimbiso_state::{Error, Redelivery};
    ///
    /// fn status(error: &Error) -> u16 {
    ///     match error.redeliver() {
    ///         Redelivery::Retry => 503,
    ///         Redelivery::Alert => 500,
    ///         Redelivery::Answered => 200,
    ///     }
    /// }
    /// assert_eq!(status(&StoreError::unavailable("no connection").into()), 503);
    /// ```
    #[must_use]
    pub fn redeliver(&self) -> Redelivery {
        match self {
            Self::Contended { .. }
            | Self::Conflict
            | Self::OutboxFull
            | Self::NewerFormat { .. }
            | Self::Host(_) => Redelivery::Retry,
            // A setting is refused when a program starts; no message is being handled then.
            Self::Setting { .. } | Self::SentAt(_) => Redelivery::Alert,
            Self::Store(error) => error.redeliver(),
            Self::InvalidTransition(_)
            | Self::NotOnMenu(_)
            | Self::OlderQuestion(_)
            | Self::Menu(_)
            | Self::State(_)
            | Self::Call(_)
            | Self::CallTooLarge { .. }
            | Self::UserId(_)
            | Self::MessageId(_)
            | Self::Token(_)
            | Self::ReplyTooLarge { .. }
            | Self::ReplyNotWritable { .. }
            | Self::Reply
            | Self::ReplyNotReadable(_)
            | Self::Stale { .. }
            | Self::Fenced { .. } => Redelivery::Answered,
        }
    }
}

impl StoreError {
    /// What to do with the message that this error belongs to; see [`Error::redeliver`].
    #[must_use]
    pub fn redeliver(&self) -> Redelivery {
        match self {
            Self::Unavailable { .. } | Self::Unknown { .. } => Redelivery::Retry,
            Self::OverCapacity { .. }
            | Self::Denied { .. }
            | Self::Misconfigured { .. }
            | Self::Corrupt { .. }
            | Self::TooLarge { .. } => Redelivery::Alert,
        }
    }
}
