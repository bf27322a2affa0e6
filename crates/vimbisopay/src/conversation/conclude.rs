//! What became of an announced call is recorded in a turn of its own.

use vimbiso_state::session::check_state;
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Direction, Error};

use crate::api::Receipt;
use crate::api::call::ApiCall;
use crate::conversation::{accounts, prompt};
use crate::reply::Reply;
use crate::state::{BotFlow, Pending, Turn};

/// Records what became of an announced call, within a second turn, and tells the user.
///
/// Success leads to the menu, or to the accounts if there is now a choice; a refusal leads back, with the reason. If no
/// session can hold the member and the account that came with a success, those in the session stay. If the call is no longer
/// pending, somebody else has recorded it: the user is told, and the session stays as it is. The reply is remembered with the
/// commit.
///
/// # Errors
/// [`Error::InvalidTransition`] would be a fault of this function.
pub fn conclude(
    turn: &mut Turn,
    pending: &Pending,
    result: &Result<Receipt, String>,
) -> Result<Reply, Error> {
    turn.label("vimbisopay");
    let told = match result {
        Ok(receipt) => format!("✅ {}", receipt.message),
        Err(reason) => format!("❌ {reason}"),
    };
    let is_pending = turn
        .data()
        .pending
        .as_ref()
        .is_some_and(|there| there.key == pending.key);
    let reply = if is_pending {
        record(turn, pending, result)?.after(told)
    } else {
        Reply::new(told)
    };
    let reply = reply.after(pending.notice.as_deref().unwrap_or_default());
    turn.set_direction(Direction::Out);
    turn.remember_reply(&reply)?;
    Ok(reply)
}

fn record(
    turn: &mut Turn,
    pending: &Pending,
    result: &Result<Receipt, String>,
) -> Result<Reply, Error> {
    turn.data_mut().pending = None;
    let Ok(Receipt { dashboard, .. }) = result else {
        // The way back may be cut if the session had to be recovered meanwhile.
        if turn.transition_to(pending.stage, pending.option).is_err() {
            turn.transition_to(Stage::Menu, Choice::Menu)?;
        }
        return Ok(prompt::ask(turn));
    };
    turn.data_mut().draft = None;
    turn.data_mut().listed.clear();
    let before = turn.data().clone();
    let account = before.account().map(|account| account.account_id.as_str());
    turn.data_mut().take_over(dashboard, account);
    let opens_account = matches!(
        pending.call,
        ApiCall::Register { .. } | ApiCall::CreateBusinessAccount { .. }
    );
    if opens_account && dashboard.accounts.len() > 1 {
        // Not from the menu, where a recovered session is.
        if let Ok(accounts) = accounts::list(turn, dashboard)
            && is_fit(turn)
        {
            return Ok(accounts);
        }
        turn.data_mut().listed.clear();
    }
    // The call has taken effect, and that is recorded whatever came with it.
    if !is_fit(turn) {
        *turn.data_mut() = before;
    }
    turn.transition_to(Stage::Menu, Choice::Menu)?;
    Ok(prompt::ask(turn))
}

fn is_fit(turn: &Turn) -> bool {
    check_state::<BotFlow>(turn.data()).is_ok()
}
