//! The menus of the bot, how a menu is shown, and how a reply to it is read.

use vimbiso_state::vimbisopay::{Account, Choice, Stage, TIER_1, TIER_2};
use vimbiso_state::{Answer, Choice as _, MenuOptions, assert_menu, input};

use crate::flow::{BotFlow, Turn};
use crate::reply::Reply;

/// The label of a new business account, here and in the list of accounts.
pub(crate) const ADD_BUSINESS_ACCOUNT: &str = "🏢 Add Business Account";

/// The choices that are not on the main menu.
pub static MORE_OPTIONS: MenuOptions<Choice> = MenuOptions::new(
    "more_options",
    &[
        (Choice::CreateBusinessAccount, ADD_BUSINESS_ACCOUNT),
        (Choice::AuthorizeMember, "👥 Manage Members"),
        (Choice::PendingOffersOut, "📤 Review Outgoing"),
    ],
);

assert_menu!(BotFlow, MORE_OPTIONS, [Stage::MoreOptions]);

/// The menu of a visitor.
pub static REGISTER: MenuOptions<Choice> =
    MenuOptions::new("register", &[(Choice::Register, "📝 Become a Member")]);
assert_menu!(BotFlow, REGISTER, [Stage::Register]);

/// The main menu for an account: [`TIER_2`] if the member owns it, [`TIER_1`] otherwise.
///
/// # Examples
/// ```
/// use vimbisopay::menu_for;
///
/// assert_eq!(menu_for(None).name(), "tier_1");
/// ```
#[must_use]
pub fn menu_for(account: Option<&Account>) -> &'static MenuOptions<Choice> {
    match account.and_then(|account| account.is_owned_account) {
        Some(true) => &TIER_2,
        _ => &TIER_1,
    }
}

/// Shows the main menu for the account in use.
pub(crate) fn show_main(turn: &mut Turn) -> Reply {
    let menu = menu_for(turn.data().account());
    let question = turn.show(menu);
    Reply::new(format!(
        "{}\n\nWhat would you like to do?\n{menu}",
        header(turn)
    ))
    .entries(menu.buttons(question))
    .button("More options", question.button(Choice::MoreOptions.name()))
}

fn header(turn: &Turn) -> String {
    // The API may send an empty name.
    let name = turn.user().first_name().unwrap_or_default().trim();
    let mut header = match name {
        "" => "Hello.".to_owned(),
        name => format!("Hello, {name}."),
    };
    if let Some(account) = turn.data().account() {
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

/// Shows [`MORE_OPTIONS`].
pub(crate) fn show_more(turn: &mut Turn) -> Reply {
    let question = turn.show(&MORE_OPTIONS);
    Reply::new(format!("⚙️ *More options*\n{MORE_OPTIONS}")).entries(MORE_OPTIONS.buttons(question))
}

/// Shows [`REGISTER`].
pub(crate) fn show_register(turn: &mut Turn) -> Reply {
    let question = turn.show(&REGISTER);
    Reply::new(format!("You are not a member yet.\n{REGISTER}")).entries(REGISTER.buttons(question))
}

/// Reads a reply to the menu that was shown last, even if another menu applies by now.
///
/// The error is a text for the user.
pub(crate) fn read(turn: &mut Turn, text: &str) -> Result<Choice, String> {
    // The conversation handles the buttons of earlier questions before it looks at the stage.
    let options = match turn.pick(text).map(Answer::open) {
        Ok(Ok(choice)) => return Ok(choice),
        Ok(Err(why)) => return Err(format!("❌ {why}.")),
        Err(why) => why.options,
    };
    // The button below the main menu is not one of its numbered options.
    if turn.stage() == Stage::Menu && input::word(text) == Choice::MoreOptions.name() {
        return Ok(Choice::MoreOptions);
    }
    Err(match options {
        0 => "❌ Invalid option: no menu was open.".to_owned(),
        _ => format!("❌ Invalid option: reply with a number from 1 to {options}."),
    })
}
