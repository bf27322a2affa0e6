//! The stage in which the user selects an account.

use vimbiso_state::vimbisopay::{Account, Choice, Stage};
use vimbiso_state::{Error, input};

use crate::api::facts::ApiFacts;
use crate::api::records::Dashboard;
use crate::conversation::list::{entries, numbered, truncated};
use crate::conversation::next::Next;
use crate::conversation::prompt::{self, AFTER_ACCOUNTS, ask_again};
use crate::conversation::register;
use crate::flow::Turn;
use crate::reply::Reply;

/// Lists the accounts, or returns to the menu if there is only one.
pub(crate) fn switch(turn: &mut Turn, facts: ApiFacts<'_>) -> Result<Next, Error> {
    match facts.dashboard() {
        Ok(Some(dashboard)) if dashboard.accounts.len() > 1 => Ok(list(turn, dashboard)?.into()),
        Ok(Some(dashboard)) => Ok(use_account(turn, dashboard, None)?
            .preceded_by("This is your only account.")
            .into()),
        Ok(None) => Ok(register::begin(turn)?.into()),
        Err(query) => Ok(Next::Ask(query)),
    }
}

/// Lists the accounts.
pub(crate) fn list(turn: &mut Turn, dashboard: &Dashboard) -> Result<Reply, Error> {
    turn.transition_to(Stage::SelectProfile, Choice::SelectAccountToUse)?;
    let question = turn.ask();
    let accounts = truncated(&dashboard.accounts);
    turn.data_mut().listed = accounts
        .iter()
        .map(|account| account.account_id.clone())
        .collect();
    let lines: Vec<_> = accounts
        .iter()
        .map(line)
        .chain(AFTER_ACCOUNTS.map(String::from))
        .collect();
    let text = format!("🏡 *Your accounts*\n{}", numbered(&lines));
    Ok(Reply::new(text).entries(entries(question, lines)))
}

fn line(account: &Account) -> String {
    match &account.account_handle {
        Some(handle) => format!("{} (@{handle})", account.name()),
        None => account.name().to_owned(),
    }
}

/// Reads the number, handle or id of an account, or the number of an entry after the accounts.
pub(crate) fn read(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    // The entries after the accounts are numbered on from the last account.
    let after_accounts = input::number(text)
        .and_then(|number| usize::try_from(number).ok())
        .and_then(|number| number.checked_sub(turn.data().listed.len()));
    match after_accounts {
        Some(1) => return open(turn, Choice::OfferCredex),
        Some(2) => return open(turn, Choice::CreateBusinessAccount),
        Some(3) => return find_agent(turn),
        _ => {}
    }
    let dashboard = match facts.dashboard() {
        Ok(Some(dashboard)) => dashboard,
        Ok(None) => return Ok(register::begin(turn)?.into()),
        Err(query) => return Ok(Next::Ask(query)),
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
        return Ok(ask_again(turn, "❌ That is not one of your accounts.").into());
    };
    // The list was shown earlier; meanwhile the account may have another owner.
    let is_theirs = dashboard
        .accounts
        .iter()
        .any(|account| account.account_id == id);
    if is_theirs {
        Ok(use_account(turn, dashboard, Some(&id))?.into())
    } else {
        Ok(list(turn, dashboard)?
            .preceded_by("❌ That account is no longer yours.")
            .into())
    }
}

fn open(turn: &mut Turn, choice: Choice) -> Result<Next, Error> {
    turn.select(choice)?;
    Ok(prompt::ask(turn).into())
}

fn use_account(turn: &mut Turn, dashboard: &Dashboard, id: Option<&str>) -> Result<Reply, Error> {
    turn.data_mut().set_member_and_account(dashboard, id);
    turn.transition_to(Stage::Menu, Choice::Menu)?;
    Ok(prompt::ask(turn))
}

fn find_agent(turn: &mut Turn) -> Result<Next, Error> {
    turn.transition_to(Stage::FindAgent, None)?;
    turn.transition_to(Stage::Menu, Choice::Menu)?;
    Ok(prompt::ask(turn)
        .preceded_by(
            "🧭 An agent changes cash into credex and back. Ask any member for the nearest one.",
        )
        .into())
}
