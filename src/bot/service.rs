//! What a host writes of its API.

use std::time::Duration;

use async_trait::async_trait;

use super::conversation::Conversation;
use crate::error::BoxError;
use crate::id::{CallKey, UserId};

/// The API of the host, as a [`Bot`](super::Bot) calls it.
///
/// # Contract
/// 1. **Only [`perform`](Self::perform) changes anything.** All other calls read, and are made any
///    number of times.
/// 2. **A key takes effect once** within [`repeat_for`](Self::repeat_for): a second `perform` with
///    the same key changes nothing and answers like the first, also while the first is under way.
/// 3. **What is not certain is an error.** [`CallAnswer::done`] and [`CallAnswer::refused`] are
///    final. If the API was not reached, did not answer, or answered in words that you do not know,
///    return an error, for example with `?`. That holds for 401, 409 and 429 and for the answers
///    "key in use", "key reused" and "in progress" too: the call may have been made.
/// 4. **A query that fails is a fact**, which the conversation can tell the user.
///
/// # Examples
/// ```
/// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
/// # use cafe_bot::{Cafe, Payment};
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// use async_trait::async_trait;
/// use vimbiso_state::UserId;
/// use vimbiso_state::bot::{CallAnswer, Service};
/// use vimbiso_state::id::CallKey;
///
/// struct Till;
///
/// #[async_trait]
/// impl Service<Cafe> for Till {
///     async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
///         query
///     }
///
///     async fn perform(
///         &self,
///         _: &UserId,
///         key: CallKey,
///         payment: &Payment,
///     ) -> Result<CallAnswer<String>, Box<dyn std::error::Error + Send + Sync>> {
///         // In real life: POST with the header `Idempotency-Key: {key}`, then `?`.
///         Ok(CallAnswer::done(format!("{} cents, receipt {key}", payment.0)))
///     }
///
///     async fn outcome_of(
///         &self,
///         _: &UserId,
///         _key: CallKey,
///         _: &Payment,
///     ) -> Result<CallAnswer<String>, Box<dyn std::error::Error + Send + Sync>> {
///         Ok(CallAnswer::not_found())
///     }
///
///     fn repeat_for(&self) -> Duration {
///         Duration::from_secs(24 * 60 * 60)
///     }
/// }
/// ```
#[async_trait]
pub trait Service<C: Conversation>: Send + Sync + 'static {
    /// Answers a query. Give it a timeout: the user's messages wait for it.
    async fn look_up(&self, user: &UserId, query: C::Query) -> C::Fact;

    /// Makes a call that changes something.
    ///
    /// # Errors
    /// Everything that leaves it open if the call took effect, or will. The bot asks again.
    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        call: &C::Call,
    ) -> Result<CallAnswer<C::Receipt>, BoxError>;

    /// Asks what became of a call, without making it. Also asked before a call is made again, for a
    /// third of the [timeout of a call](super::BotBuilder::call_timeout).
    ///
    /// # Errors
    /// Everything that leaves it open. The bot asks again.
    async fn outcome_of(
        &self,
        user: &UserId,
        key: CallKey,
        call: &C::Call,
    ) -> Result<CallAnswer<C::Receipt>, BoxError>;

    /// For how long the API honours a key, less a margin for the clocks of your machines and the
    /// store. A call is made, and made again, only within this time after its *question* was asked;
    /// afterwards the bot only [asks](Self::outcome_of) about it. If the user answers later, the
    /// conversation decides as on an [older answer](crate::Answer::Older), and asks again. So let
    /// it be minutes.
    ///
    /// Zero if the API does not honour keys; less than the
    /// [timeout of a call](super::BotBuilder::call_timeout) counts as zero. Then a call is made
    /// once at most, and a worker that dies meanwhile leaves it to `outcome_of`.
    fn repeat_for(&self) -> Duration;

    /// The longest time after which a request can still take effect at the API. After it, "not
    /// found" means that the call never took effect. `None`, the default, if there is no such time:
    /// then "not found" is asked again until the call is given up.
    fn settles_within(&self) -> Option<Duration> {
        None
    }
}

/// What the API answered. What is not certain is no answer, but an error.
#[derive(Debug)]
pub struct CallAnswer<R>(pub(super) Answered<R>);

#[derive(Debug)]
pub(super) enum Answered<R> {
    Done(R),
    Refused(String),
    NotFound,
    Fenced,
}

impl<R> CallAnswer<R> {
    /// The call took effect.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::bot::CallAnswer;
    ///
    /// let answer = CallAnswer::done("receipt 7");
    /// # let _ = answer;
    /// ```
    pub fn done(receipt: R) -> Self {
        Self(Answered::Done(receipt))
    }

    /// The API refused the call: it did not take effect, and never will under this key. The reason
    /// is for the user. If you are not certain, return an error instead.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::bot::CallAnswer;
    ///
    /// let answer = CallAnswer::<()>::refused("Your balance is too low.");
    /// # let _ = answer;
    /// ```
    pub fn refused(reason: impl Into<String>) -> Self {
        Self(Answered::Refused(reason.into()))
    }

    /// The API knows no call with this key. It may still arrive: see
    /// [`Service::settles_within`].
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::bot::CallAnswer;
    ///
    /// let answer = CallAnswer::<()>::not_found();
    /// # let _ = answer;
    /// ```
    pub fn not_found() -> Self {
        Self(Answered::NotFound)
    }

    /// The API knows no call with this key, and has made sure that none takes effect any more.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::bot::CallAnswer;
    ///
    /// let answer = CallAnswer::<()>::fenced();
    /// # let _ = answer;
    /// ```
    pub fn fenced() -> Self {
        Self(Answered::Fenced)
    }
}
