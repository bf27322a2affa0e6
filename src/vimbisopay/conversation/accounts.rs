//! Which account to use.

use super::{
    Choice, Findings, Next, Reply, Stage, Turn, ask_again, first, menu, numbered, register,
};
use crate::error::Error;
use crate::vimbisopay::{Account, Dashboard};

/// What is listed after the accounts.
pub(super) const EXTRAS: [&str; 3] = [
    "💸 Offer Secured Credex",
    "🏢 Create Business Account",
    "🧭 Find an Agent",
];

/// Goes on to the accounts, or back to the menu where there is but one.
pub(super) fn switch(turn: &mut Turn, found: &Findings) -> Result<Next, Error> {
    match found.dashboard()? {
        Some(dashboard) if dashboard.accounts.len() > 1 => Ok(list(turn, dashboard)?.into()),
        Some(dashboard) => Ok(use_account(turn, dashboard, None)?
            .after("This is your only account.")
            .into()),
        None => Ok(register::begin(turn)?.into()),
    }
}

/// Lists the accounts.
pub(super) fn list(turn: &mut Turn, dashboard: &Dashboard) -> Result<Reply, Error> {
    turn.go(Stage::SelectProfile, Choice::SelectAccountToUse)?;
    let accounts = first(&dashboard.accounts);
    turn.state_mut().listed = accounts
        .iter()
        .map(|account| account.account_id.clone())
        .collect();
    Ok(Reply::new(format!(
        "🏡 *Your accounts*\n{}",
        numbered(accounts.iter().map(line).chain(EXTRAS.map(String::from)))
    )))
}

fn line(account: &Account) -> String {
    match &account.account_handle {
        Some(handle) => format!("{} (@{handle})", account.name()),
        None => account.name().to_owned(),
    }
}

/// Reads the number or the handle of an account, or the number of what is listed after them.
pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    let beyond = text
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(turn.state().listed.len()));
    match beyond {
        Some(1) => return menu::enter(turn, Choice::OfferCredex, found),
        Some(2) => return menu::enter(turn, Choice::CreateBusinessAccount, found),
        Some(3) => return find_agent(turn),
        _ => {}
    }
    let Some(dashboard) = found.dashboard()? else {
        return Ok(register::begin(turn)?.into());
    };
    let handle = text.strip_prefix('@').unwrap_or(text);
    let has_handle = |account: &&Account| {
        account
            .account_handle
            .as_deref()
            .is_some_and(|other| other.eq_ignore_ascii_case(handle))
    };
    let picked = turn.state().pick_listed(text).map(str::to_owned);
    let by_handle = || {
        dashboard
            .accounts
            .iter()
            .find(has_handle)
            .map(|account| account.account_id.clone())
    };
    match picked.or_else(by_handle) {
        Some(id)
            if dashboard
                .accounts
                .iter()
                .any(|account| account.account_id == id) =>
        {
            Ok(use_account(turn, dashboard, Some(&id))?.into())
        }
        Some(_) => Ok(list(turn, dashboard)?
            .after("❌ That account is no longer yours.")
            .into()),
        None => Ok(ask_again(turn, "❌ That is none of your accounts.").into()),
    }
}

fn use_account(turn: &mut Turn, dashboard: &Dashboard, id: Option<&str>) -> Result<Reply, Error> {
    dashboard.write_to(turn.state_mut(), id);
    turn.go(Stage::Menu, Choice::Menu)?;
    Ok(menu::show(turn))
}

fn find_agent(turn: &mut Turn) -> Result<Next, Error> {
    turn.go(Stage::FindAgent, None)?;
    turn.go(Stage::Menu, Choice::Menu)?;
    Ok(menu::show(turn)
        .after("🧭 An agent changes cash into credex and back. Ask any member for the nearest one.")
        .into())
}
