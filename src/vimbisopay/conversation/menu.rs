//! The main menu and what is not on it.

use super::{
    Choice, Findings, Next, Reply, Stage, Turn, accounts, ask_again, business, members,
    notifications, offer, offers, transactions,
};
use crate::error::Error;
use crate::flow::Choice as _;
use crate::vimbisopay::{MORE_OPTIONS, Side, menu_for};

/// Shows the main menu for the account in use.
pub(super) fn show(turn: &mut Turn) -> Reply {
    let menu = menu_for(turn.state().current_account.as_ref());
    turn.show(menu);
    Reply::new(format!(
        "{}\n\nWhat would you like to do?\n{menu}",
        header(turn)
    ))
    .button("More options", Choice::MoreOptions.name())
}

fn header(turn: &Turn) -> String {
    let mut header = format!("Hello, {}.", turn.user().first_name());
    if let Some(account) = &turn.state().current_account {
        header.push_str(&format!("\n💳 *{}*", account.name()));
        if let Some(handle) = &account.account_handle {
            header.push_str(&format!(" (@{handle})"));
        }
        for balance in account.secured_balances() {
            header.push_str(&format!("\nSecured: {balance}"));
        }
        if let Some(net) = account.net_assets() {
            header.push_str(&format!("\nNet assets: {net}"));
        }
    }
    header
}

/// Shows what is not on the main menu.
pub(super) fn show_more(turn: &mut Turn) -> Reply {
    turn.show(&MORE_OPTIONS);
    Reply::new(format!("⚙️ *More options*\n{MORE_OPTIONS}"))
}

/// Reads a reply against the menu as it was last shown, whichever holds now.
pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    let text = text.to_ascii_lowercase();
    match turn.pick(&text) {
        Ok(choice) => enter(turn, choice, found),
        Err(_) if turn.stage() == Stage::Menu && text == Choice::MoreOptions.name() => {
            enter(turn, Choice::MoreOptions, found)
        }
        Err(why) if why.options == 0 => {
            Ok(ask_again(turn, "❌ Invalid option: no menu was open.").into())
        }
        Err(why) => Ok(ask_again(
            turn,
            format_args!(
                "❌ Invalid option: reply with a number from 1 to {}.",
                why.options
            ),
        )
        .into()),
    }
}

/// Makes a choice of a menu, and shows what it opens.
pub(super) fn enter(turn: &mut Turn, choice: Choice, found: &Findings) -> Result<Next, Error> {
    turn.choose(choice)?;
    let reply = match turn.stage() {
        Stage::OfferCredex => offer::ask(turn),
        Stage::PendingOffersIn => offers::list(turn, Side::In, found)?,
        Stage::PendingOffersOut => offers::list(turn, Side::Out, found)?,
        Stage::Transactions => transactions::show(turn, 1, found)?,
        Stage::SwitchAccount => return accounts::switch(turn, found),
        Stage::CreateBusinessAccount => business::ask(),
        Stage::AuthorizeMember => members::list(turn, found)?,
        Stage::Notifications => notifications::list(turn, found)?,
        Stage::MoreOptions => show_more(turn),
        _ => show(turn),
    };
    Ok(reply.into())
}
