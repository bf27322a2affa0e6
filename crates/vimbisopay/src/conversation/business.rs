//! The stage in which the user opens a business account.

use serde::Deserialize;
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Error, input};

use crate::api::call::ApiCall;
use crate::api::terms::Handle;
use crate::conversation::call::submit;
use crate::conversation::next::Next;
use crate::conversation::prompt::ask_again;
use crate::flow::Turn;

/// The longest name of a business, in characters.
const MAX_LENGTH: usize = 50;

/// The JSON that a channel with forms sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    account_name: String,
    account_handle: String,
}

/// Reads the form, or a text with the two fields and a comma between them.
pub(crate) fn read(turn: &mut Turn, text: &str) -> Result<Next, Error> {
    let form = serde_json::from_str::<Form>(text)
        .ok()
        .map(|form| (form.account_name, form.account_handle));
    let fields = form.or_else(|| {
        // A name may hold a comma, a handle may not.
        text.rsplit_once(',')
            .map(|(name, handle)| (name.to_owned(), handle.to_owned()))
    });
    let Some((name, handle)) = fields else {
        return Ok(ask_again(
            turn,
            "❌ A name and a handle are needed, with a comma between.",
        )
        .into());
    };
    let name = match input::business_name(&name) {
        Ok(name) if name.chars().count() <= MAX_LENGTH => name,
        Ok(_) => {
            let why = format!("❌ The name of a business has at most {MAX_LENGTH} characters.");
            return Ok(ask_again(turn, why).into());
        }
        Err(why) => {
            let why = format!("❌ That is not a name of a business: {why}.");
            return Ok(ask_again(turn, why).into());
        }
    };
    match handle.parse::<Handle>() {
        Ok(handle) => {
            let back = (
                Stage::CreateBusinessAccount,
                Some(Choice::CreateBusinessAccount),
            );
            submit(turn, ApiCall::CreateBusinessAccount { name, handle }, back)
        }
        Err(why) => Ok(ask_again(turn, format_args!("❌ {why}.")).into()),
    }
}
