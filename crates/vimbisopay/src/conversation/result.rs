//! The second turn of a call: it records the result and moves on.

use vimbiso_state::session::check_state;
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Direction, Error};

use crate::api::Receipt;
use crate::api::call::ApiCall;
use crate::conversation::{accounts, prompt};
use crate::flow::{BotFlow, Turn};
use crate::pending::Pending;
use crate::reply::Reply;

/// Records the result of an announced call, within a second turn, and returns the reply.
///
/// `Ok` leads to the menu, or to the list of accounts if a new account has made it a choice. An
/// `Err` holds the reason of a refusal in words for the user, and leads back to the stage and
/// option in `pending`. If no session can hold the member and the account of the receipt, the
/// session keeps those it has. If the call is no longer pending, its result is recorded already:
/// the session stays as it is, and the reply tells the result. The reply is stored with the commit.
///
/// # Errors
/// [`Error::ReplyTooLarge`] if the reply cannot be stored. An [`Error::InvalidTransition`] would be
/// a bug in this function. A turn that ends with an error changes nothing.
///
/// # Examples
/// ```
/// use vimbiso_state::vimbisopay::{Choice, Stage};
/// use vimbiso_state::{CachedUser, UserId};
/// use vimbisopay::{Pending, Turn, record_result};
///
/// let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567")?));
/// let pending: Pending = serde_json::from_value(serde_json::json!({
///     "key": "000102030405060708090a0b0c0d0e0f",
///     "call": { "call": "accept", "offer": "o1" },
///     "stage": "handle_action_pending_offers_in",
///     "option": "handle_action_display_offers",
/// }))?;
/// turn.transition_to(Stage::AcceptOffer, Choice::Submitting)?;
/// turn.data_mut().pending = Some(pending.clone());
///
/// let refused = Err("That offer is not open.".to_owned());
/// let reply = record_result(&mut turn, &pending, &refused)?;
/// assert!(reply.text.starts_with("❌ That offer is not open."));
/// assert_eq!(turn.stage(), Stage::PendingOffersIn);
/// assert_eq!(turn.data().pending, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn record_result(
    turn: &mut Turn,
    pending: &Pending,
    result: &Result<Receipt, String>,
) -> Result<Reply, Error> {
    turn.label("vimbisopay");
    let message = match result {
        Ok(receipt) => format!("✅ {}", receipt.message),
        Err(reason) => format!("❌ {reason}"),
    };
    let is_pending = turn
        .data()
        .pending
        .as_ref()
        .is_some_and(|current| current.key == pending.key);
    let reply = if is_pending {
        apply(turn, pending, result)?.preceded_by(message)
    } else {
        Reply::new(message)
    };
    let reply = reply.preceded_by(pending.notice.as_deref().unwrap_or_default());
    turn.set_direction(Direction::Out);
    turn.remember_reply(&reply)?;
    Ok(reply)
}

fn apply(
    turn: &mut Turn,
    pending: &Pending,
    result: &Result<Receipt, String>,
) -> Result<Reply, Error> {
    turn.data_mut().pending = None;
    let Ok(Receipt { dashboard, .. }) = result else {
        // A session that was recovered meanwhile is at the menu, which may not lead back there.
        if turn.transition_to(pending.stage, pending.option).is_err() {
            turn.transition_to(Stage::Menu, Choice::Menu)?;
        }
        return Ok(prompt::ask(turn));
    };
    turn.data_mut().draft = None;
    turn.data_mut().listed.clear();
    let before = turn.data().clone();
    let account = before.account().map(|account| account.account_id.as_str());
    turn.data_mut().set_member_and_account(dashboard, account);
    let opens_account = matches!(
        pending.call,
        ApiCall::Register { .. } | ApiCall::CreateBusinessAccount { .. }
    );
    if opens_account && dashboard.accounts.len() > 1 {
        // Fails from the menu, where a recovered session is.
        if let Ok(accounts) = accounts::list(turn, dashboard)
            && is_storable(turn)
        {
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

fn is_storable(turn: &Turn) -> bool {
    check_state::<BotFlow>(turn.data()).is_ok()
}
