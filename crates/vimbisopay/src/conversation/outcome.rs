//! The outcome of a call: what the user is told, and where the session goes.

use vimbiso_state::bot::Outcome;
use vimbiso_state::session::check_state;
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Direction, Error};

use crate::api::Receipt;
use crate::api::call::ApiCall;
use crate::api::records::Dashboard;
use crate::conversation::call::is_awaited;
use crate::conversation::{accounts, prompt};
use crate::flow::{BotFlow, Turn};
use crate::reply::Reply;

const NOT_MADE: &str = "❌ Your last request did not go through. Nothing was changed.";
const GIVEN_UP: &str = "⚠️ We could not find out whether your last request went through: please \
                        check before you repeat it.";

/// What a user reads whose session no longer waits for the outcome.
pub(crate) fn told(outcome: &Outcome<Receipt>) -> Reply {
    Reply::new(match outcome {
        Outcome::Done(Receipt { message, .. }) => {
            format!("✅ Your last request went through: {message}")
        }
        Outcome::Refused(reason) => format!("❌ Your last request was refused: {reason}"),
        Outcome::NotMade => NOT_MADE.to_owned(),
        Outcome::GivenUp => GIVEN_UP.to_owned(),
    })
}

/// Moves the session that waits for the outcome, and returns the reply.
///
/// A call that was made leads to the menu, or to the list of accounts if a new account has made
/// that a choice. A call that was not made leads back to where it came from. A user who went on
/// meanwhile stays there, and reads what [`told`] says.
pub(crate) fn moved(
    turn: &mut Turn,
    call: &ApiCall,
    outcome: &Outcome<Receipt>,
) -> Result<Option<Reply>, Error> {
    if !is_awaited(turn) {
        if let Outcome::Done(receipt) = outcome {
            refresh_account(turn, &receipt.dashboard);
        }
        return Ok(None);
    }
    turn.set_direction(Direction::Out);
    let back = turn.data_mut().back_to.take();
    Ok(Some(match outcome {
        Outcome::Done(receipt) => {
            made(turn, call, &receipt.dashboard)?.preceded_by(format!("✅ {}", receipt.message))
        }
        Outcome::Refused(_) | Outcome::NotMade => {
            match back {
                Some(back) => turn.transition_to(back.stage, back.option)?,
                None => turn.transition_to(Stage::Menu, Choice::Menu)?,
            }
            let why = match outcome {
                Outcome::Refused(reason) => format!("❌ {reason}"),
                _ => NOT_MADE.to_owned(),
            };
            prompt::ask_again(turn, why)
        }
        Outcome::GivenUp => {
            turn.data_mut().draft = None;
            turn.transition_to(Stage::Menu, Choice::Menu)?;
            prompt::ask_again(turn, GIVEN_UP)
        }
    }))
}

fn made(turn: &mut Turn, call: &ApiCall, dashboard: &Dashboard) -> Result<Reply, Error> {
    turn.data_mut().draft = None;
    turn.data_mut().listed.clear();
    let before = turn.data().clone();
    let account = before.account().map(|account| account.account_id.as_str());
    turn.data_mut().set_member_and_account(dashboard, account);
    let opens_account = matches!(
        call,
        ApiCall::Register { .. } | ApiCall::CreateBusinessAccount { .. }
    );
    if opens_account && dashboard.accounts.len() > 1 {
        let accounts = accounts::list(turn, dashboard)?;
        if is_storable(turn) {
            return Ok(accounts);
        }
        turn.data_mut().listed.clear();
    }
    // The call has taken effect, so its result is recorded even if its data cannot be stored.
    if !is_storable(turn) {
        *turn.data_mut() = before;
    }
    turn.transition_to(Stage::Menu, Choice::Menu)?;
    Ok(prompt::ask(turn))
}

/// Stores the newest balances of the account in use.
fn refresh_account(turn: &mut Turn, dashboard: &Dashboard) {
    let id = turn.data().account_id().to_owned();
    let mut accounts = dashboard.accounts.iter();
    if accounts.any(|account| account.account_id == id) {
        let before = turn.data().clone();
        turn.data_mut().set_member_and_account(dashboard, Some(&id));
        if !is_storable(turn) {
            *turn.data_mut() = before;
        }
    }
}

fn is_storable(turn: &Turn) -> bool {
    check_state::<BotFlow>(turn.data()).is_ok()
}
