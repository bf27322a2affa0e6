//! The stage in which a visitor becomes a member.

use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Answer, Error};

use crate::api::call::ApiCall;
use crate::conversation::announce::announce;
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::flow::Turn;
use crate::reply::Reply;

/// Starts the registration of a visitor, from any stage.
pub(crate) fn begin(turn: &mut Turn) -> Result<Reply, Error> {
    turn.reset();
    turn.transition_to(Stage::Register, Choice::Register)?;
    Ok(ask(turn))
}

/// Reads `1`, or a first and a last name.
pub(crate) fn read(turn: &mut Turn, text: &str) -> Result<Next, Error> {
    if matches!(turn.pick(text), Ok(Answer::Open(Choice::Register))) {
        return Ok(
            Reply::new("Please send your first and last name, such as *Ada Lovelace*.").into(),
        );
    }
    match names(text) {
        Some((first_name, last_name)) => announce(
            turn,
            ApiCall::Register {
                first_name,
                last_name,
            },
            (Stage::Register, Some(Choice::Register)),
        ),
        None => Ok(ask_again(turn, "❌ That is not a first and a last name.").into()),
    }
}

/// A first name and the rest as the last name, each of 1 to 50 characters without digits and
/// symbols.
fn names(text: &str) -> Option<(String, String)> {
    let (first, last) = text.split_once(char::is_whitespace)?;
    let last = last.split_whitespace().collect::<Vec<_>>().join(" ");
    // Names have apostrophes, hyphens and dots, and letters of any script.
    let is_odd = |c: char| {
        c.is_control()
            || c.is_numeric()
            || (c.is_ascii_punctuation() && !matches!(c, '\'' | '-' | '.'))
    };
    let is_name = |name: &str| {
        (1..=50).contains(&name.chars().count())
            && !name.contains(is_odd)
            && name.contains(char::is_alphabetic)
    };
    (is_name(first) && is_name(&last)).then(|| (first.to_owned(), last))
}
