//! Which account to use.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Account, Choice, Stage};

use crate::api::data::Dashboard;
use crate::conversation::list::{numbered, shown};
use crate::conversation::next::Next;
use crate::conversation::prompt::{self, AFTER_ACCOUNTS, ask_again};
use crate::conversation::register;
use crate::findings::Findings;
use crate::reply::Reply;
use crate::state::Turn;

/// Goes on to the accounts, or back to the menu if there is but one.
pub(crate) fn switch(turn: &mut Turn, found: Findings<'_>) -> Result<Next, Error> {
    match found.dashboard() {
        Ok(Some(dashboard)) if dashboard.accounts.len() > 1 => Ok(list(turn, dashboard)?.into()),
        Ok(Some(dashboard)) => Ok(use_account(turn, dashboard, None)?
            .after("This is your only account.")
            .into()),
        Ok(None) => Ok(register::begin(turn)?.into()),
        Err(question) => Ok(Next::Ask(question)),
    }
}

/// Lists the accounts.
pub(crate) fn list(turn: &mut Turn, dashboard: &Dashboard) -> Result<Reply, Error> {
    turn.transition_to(Stage::SelectProfile, Choice::SelectAccountToUse)?;
    let accounts = shown(&dashboard.accounts);
    turn.data_mut().listed = accounts
        .iter()
        .map(|account| account.account_id.clone())
        .collect();
    let lines = accounts
        .iter()
        .map(line)
        .chain(AFTER_ACCOUNTS.map(String::from));
    Ok(Reply::new(format!(
        "🏡 *Your accounts*\n{}",
        numbered(lines)
    )))
}

fn line(account: &Account) -> String {
    match &account.account_handle {
        Some(handle) => format!("{} (@{handle})", account.name()),
        None => account.name().to_owned(),
    }
}

/// Reads the number or the handle of an account, or the number of what is listed after them.
pub(crate) fn read(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    let beyond = text
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(turn.data().listed.len()));
    match beyond {
        Some(1) => return open(turn, Choice::OfferCredex),
        Some(2) => return open(turn, Choice::CreateBusinessAccount),
        Some(3) => return find_agent(turn),
        _ => {}
    }
    let dashboard = match found.dashboard() {
        Ok(Some(dashboard)) => dashboard,
        Ok(None) => return Ok(register::begin(turn)?.into()),
        Err(question) => return Ok(Next::Ask(question)),
    };
    let handle = text.strip_prefix('@').unwrap_or(text);
    let has_handle = |account: &&Account| {
        account
            .account_handle
            .as_deref()
            .is_some_and(|other| other.eq_ignore_ascii_case(handle))
    };
    let picked = turn.data().pick_listed(text).map(str::to_owned);
    let by_handle = || {
        dashboard
            .accounts
            .iter()
            .find(has_handle)
            .map(|account| account.account_id.clone())
    };
    let Some(id) = picked.or_else(by_handle) else {
        return Ok(ask_again(turn, "❌ That is none of your accounts.").into());
    };
    let is_theirs = dashboard
        .accounts
        .iter()
        .any(|account| account.account_id == id);
    if is_theirs {
        Ok(use_account(turn, dashboard, Some(&id))?.into())
    } else {
        Ok(list(turn, dashboard)?
            .after("❌ That account is no longer yours.")
            .into())
    }
}

fn open(turn: &mut Turn, choice: Choice) -> Result<Next, Error> {
    turn.select(choice)?;
    Ok(prompt::ask(turn).into())
}

fn use_account(turn: &mut Turn, dashboard: &Dashboard, id: Option<&str>) -> Result<Reply, Error> {
    turn.data_mut().take_over(dashboard, id);
    turn.transition_to(Stage::Menu, Choice::Menu)?;
    Ok(prompt::ask(turn))
}

fn find_agent(turn: &mut Turn) -> Result<Next, Error> {
    turn.transition_to(Stage::FindAgent, None)?;
    turn.transition_to(Stage::Menu, Choice::Menu)?;
    Ok(prompt::ask(turn)
        .after("🧭 An agent changes cash into credex and back. Ask any member for the nearest one.")
        .into())
}
