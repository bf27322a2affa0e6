//! What a host writes of its conversation.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::outcome::Outcome;
use crate::error::Error;
use crate::flow::Flow;
use crate::session::CachedUser;
use crate::turn::Turn;

/// A conversation that a [`Bot`](super::Bot) holds: a [`Flow`], and what it decides.
///
/// All functions are pure: they do no I/O, may run more than once, and a panic in one of them
/// changes nothing. The bot looks things up, commits, calls and replies.
///
/// # Examples
/// The guide's chapter [after the commit](crate::guide::after_the_commit) shows all of a
/// conversation. This one decides:
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe, DRINKS, Pick};
/// use serde::{Deserialize, Serialize};
/// use vimbiso_state::bot::{Conversation, Next, Outcome};
/// use vimbiso_state::{Answer, Error, Turn};
///
/// /// What is to be paid, in cents.
/// #[derive(Debug, Clone, Serialize, Deserialize)]
/// pub struct Payment(u32);
///
/// impl Conversation for Cafe {
///     type Input = String; // what the guest typed, or the id of the button
///     type Reply = String;
///     type Query = std::convert::Infallible; // it looks nothing up
///     type Fact = std::convert::Infallible;
///     type Call = Payment;
///     type Receipt = String;
///
///     fn decide(
///         turn: &mut Turn<Self>,
///         input: &String,
///         _facts: &[Self::Fact],
///     ) -> Result<Next<Self>, Error> {
///         match turn.pick(input) {
///             Ok(Answer::Open(Pick::Pay)) => {
///                 turn.select(Pick::Pay)?;
///                 Ok(Next::Call(Payment(300)))
///             }
///             _ => {
///                 turn.show(&DRINKS);
///                 Ok(Next::Reply(format!("What would you like?\n{DRINKS}")))
///             }
///         }
///     }
///
///     fn still_pending(_: &Payment) -> String {
///         "Your payment is still under way.".to_owned()
///     }
///
///     fn told(_: &Payment, outcome: &Outcome<String>) -> String {
///         match outcome {
///             Outcome::Done(receipt) => format!("Paid: {receipt}"),
///             Outcome::Refused(reason) => format!("Not paid: {reason}"),
///             Outcome::NotMade => "Nothing was paid.".to_owned(),
///             Outcome::GivenUp => "We do not know if you have paid. Please ask us.".to_owned(),
///         }
///     }
///
///     fn moved(
///         turn: &mut Turn<Self>,
///         _: &Payment,
///         outcome: &Outcome<String>,
///     ) -> Result<Option<String>, Error> {
///         let done = matches!(outcome, Outcome::Done(_));
///         turn.transition_to(if done { At::Waiting } else { At::Counter }, None)?;
///         Ok(None) // the guest reads what `told` says
///     }
/// }
/// ```
pub trait Conversation: Flow + Sized {
    /// What a message says, as the channel has parsed it.
    type Input: Send + Sync + 'static;
    /// What the user reads. It is stored until it is sent: at most 16 KiB of JSON.
    type Reply: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// A question to the host's API that changes nothing.
    type Query: Send + 'static;
    /// The answer to a query; a failure is an answer too.
    type Fact: Send + Sync + 'static;
    /// A call that changes something. It is stored until its outcome is known: at most 16 KiB of
    /// JSON, which is checked as session data is. A token in it, or a field with the name of a
    /// secret that is not in [`ALLOWED_FIELD_NAMES`](Flow::ALLOWED_FIELD_NAMES), is
    /// [`Error::Call`], and nothing is committed. A reply goes to the user, so it is not searched.
    type Call: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What the API says of a call that took effect.
    type Receipt: Debug + Send + Sync + 'static;

    /// Whether [`expired`](Self::expired) is asked once after a session has expired. `false` by
    /// default: then no commit schedules a wake-up for it.
    const EXPIRY_NOTICE: bool = false;

    /// Decides what a message does.
    ///
    /// # Errors
    /// What the turn returned, or an error of your own through [`Error::host`]. The message changes
    /// nothing then; see [`failed`](Self::failed).
    fn decide(
        turn: &mut Turn<Self>,
        input: &Self::Input,
        facts: &[Self::Fact],
    ) -> Result<Next<Self>, Error>;

    /// What the user reads who wants another call while this one is pending: a user has one call at
    /// a time. The message changes nothing else. Also what [`answer`](super::Bot::answer) returns
    /// for a call whose outcome is not known yet.
    fn still_pending(call: &Self::Call) -> Self::Reply;

    /// What the user reads about the outcome of a call, also if the session has expired meanwhile.
    fn told(call: &Self::Call, outcome: &Outcome<Self::Receipt>) -> Self::Reply;

    /// Moves the session that made the call, if it is still alive: to another stage, or with other
    /// data. Returns the reply if that depends on the turn, as one with a menu does; `None`, the
    /// default, if the user reads what [`told`](Self::told) says.
    ///
    /// # Errors
    /// If it fails or panics, the outcome is recorded and told all the same, the session stays as
    /// it is, and the bot [reports](super::Report::NotMoved) it.
    fn moved(
        turn: &mut Turn<Self>,
        call: &Self::Call,
        outcome: &Outcome<Self::Receipt>,
    ) -> Result<Option<Self::Reply>, Error> {
        let _ = (turn, call, outcome);
        Ok(None)
    }

    /// Whether only the newest of such replies is of use to the user, as of menus. One that is not
    /// sent yet is replaced by the next one: a user who has written five times during an outage of
    /// the channel reads one menu and not five. `false` by default.
    ///
    /// Say `true` of a reply that holds a menu or a question and nothing else. The bot cannot tell:
    /// it knows that a turn has shown a menu, but not whether the text above it says that a payment
    /// was refused, which must not get lost.
    ///
    /// A reply is replaced only if it is certain that it did not reach the user, and then wherever
    /// it was [to be sent](super::Inbound::reply_to). The bot does not ask about the outcome of a
    /// call, nor about replies that the user fetches with [`answer`](super::Bot::answer): they are
    /// never replaced, and replace no others.
    ///
    /// # Examples
    /// ```
    /// enum Reply {
    ///     Menu(String),
    ///     Text(String),
    /// }
    ///
    /// fn is_replaceable(reply: &Reply) -> bool {
    ///     matches!(reply, Reply::Menu(_))
    /// }
    /// # let _ = [Reply::Menu("1. Coffee".to_owned()), Reply::Text("Paid.".to_owned())]
    /// #     .map(|reply| is_replaceable(&reply));
    /// ```
    fn is_replaceable(reply: &Self::Reply) -> bool {
        let _ = reply;
        false
    }

    /// What the user reads if a message cannot be handled for good, such as one whose text must not
    /// be stored. `None`, the default, if the host is to answer: then
    /// [`handle`](super::Bot::handle) returns the error.
    fn failed(input: &Self::Input, error: &Error) -> Option<Self::Reply> {
        let _ = (input, error);
        None
    }

    /// What the user reads when the time of [`Turn::remind_in`] is over and nothing has changed
    /// meanwhile. `None`, the default, sends nothing. What is done to the turn is committed; the
    /// session is not prolonged.
    ///
    /// # Errors
    /// If it fails, no reminder is sent, and the bot [reports](super::Report::Failed) it.
    fn remind(turn: &mut Turn<Self>) -> Result<Option<Self::Reply>, Error> {
        let _ = turn;
        Ok(None)
    }

    /// What the user reads when the session has expired, once, if
    /// [`EXPIRY_NOTICE`](Self::EXPIRY_NOTICE) is set. The user's next message still finds the
    /// session expired.
    fn expired(user: &CachedUser<Self>) -> Option<Self::Reply> {
        let _ = user;
        None
    }
}

/// What a decision leads to.
// A conversation makes one of these; the bot matches them all, so no `#[non_exhaustive]`.
#[derive(Debug)]
pub enum Next<C: Conversation> {
    /// Commit the turn, then send this reply.
    Reply(C::Reply),
    /// Commit the turn, then make this call; the user reads its outcome. The call closes the
    /// question that it answers.
    Call(C::Call),
    /// Commit the turn, then send this reply and make this call.
    ReplyAndCall(C::Reply, C::Call),
    /// Send this reply and leave the session as it is: neither changed nor prolonged, and still
    /// expired if it was. What was done to the turn is dropped.
    Aside(C::Reply),
    /// Look this up, then decide again with the fact added.
    Ask(C::Query),
}
