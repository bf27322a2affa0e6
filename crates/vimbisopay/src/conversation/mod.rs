//! The conversation: pure functions of the session, the message and the API's answers.
//!
//! The files of the stages do not import each other, with one exception: a user who is no longer
//! registered is sent to the registration.

mod accounts;
mod business;
mod call;
mod list;
mod members;
pub(crate) mod menu;
mod next;
mod notifications;
mod offer;
mod offers;
mod outcome;
mod prompt;
mod reading;
mod register;
mod status;
mod transactions;
mod trouble;

use vimbiso_state::bot::{Conversation, Outcome};
use vimbiso_state::vimbisopay::Incoming;
use vimbiso_state::{Direction, Error};

use crate::api::Receipt;
use crate::api::call::ApiCall;
use crate::api::facts::ApiFacts;
use crate::api::query::{ApiFact, ApiQuery};
use crate::conversation::next::Next;
use crate::flow::{BotFlow, Turn};
use crate::reply::Reply;

impl Conversation for BotFlow {
    /// What the user has typed, or the id of the button that was pressed.
    type Input = String;
    type Reply = Reply;
    type Query = ApiQuery;
    type Fact = ApiFact;
    type Call = ApiCall;
    type Receipt = Receipt;

    /// Decides what a message does to the session.
    ///
    /// A button of an earlier question confirms nothing: the user is asked again. If a query
    /// failed, the session stays as it is, and the user is asked to try again.
    fn decide(turn: &mut Turn, text: &String, facts: &[ApiFact]) -> Result<Next, Error> {
        turn.label("vimbisopay");
        let mut errors = facts.iter().filter_map(|fact| fact.answer.as_ref().err());
        if let Some(error) = errors.next() {
            return Ok(Next::Aside(trouble::query_failed(error)));
        }
        let notice = status::notice(turn);
        let answer = turn.answer(text).map(Incoming::parse);
        let next = reading::read(turn, answer, ApiFacts::new(facts))?;
        Ok(match (next, notice) {
            (Next::Reply(reply), notice) => {
                turn.set_direction(Direction::Out);
                Next::Reply(reply.preceded_by(notice.unwrap_or_default()))
            }
            (Next::Call(call), Some(notice)) => Next::ReplyAndCall(Reply::new(notice), call),
            (next, _) => next,
        })
    }

    fn still_pending(_: &ApiCall) -> Reply {
        call::in_progress()
    }

    fn told(_: &ApiCall, outcome: &Outcome<Receipt>) -> Reply {
        outcome::told(outcome)
    }

    fn moved(
        turn: &mut Turn,
        call: &ApiCall,
        outcome: &Outcome<Receipt>,
    ) -> Result<Option<Reply>, Error> {
        turn.label("vimbisopay");
        outcome::moved(turn, call, outcome)
    }

    /// The menus: not if they are below the result of a message.
    fn is_replaceable(reply: &Reply) -> bool {
        reply.is_replaceable
    }

    fn failed(text: &String, error: &Error) -> Option<Reply> {
        trouble::refused(text, error)
    }

    /// Tells a user who waits for the outcome of a call that it takes longer.
    fn remind(turn: &mut Turn) -> Result<Option<Reply>, Error> {
        Ok(call::is_awaited(turn).then(call::in_progress))
    }
}
