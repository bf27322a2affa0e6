//! The stage in which a visitor becomes a member.

use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Answer, Error, input};

use crate::api::call::ApiCall;
use crate::conversation::call::submit;
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::flow::Turn;
use crate::reply::Reply;

/// The longest first or last name, in characters.
const MAX_LENGTH: usize = 50;

/// Starts the registration of a visitor, from any stage.
pub(crate) fn begin(turn: &mut Turn) -> Result<Reply, Error> {
    turn.reset();
    turn.transition_to(Stage::Register, Choice::Register)?;
    Ok(ask(turn))
}

/// Reads `1`, or a name.
pub(crate) fn read(turn: &mut Turn, text: &str) -> Result<Next, Error> {
    if turn.pick(text) == Ok(Answer::Open(Choice::Register)) {
        return Ok(ask_for_name(turn).into());
    }
    let is_asked_for = turn.question().is_some() && turn.user().menu_shown().is_none();
    match names(text) {
        Ok((_, last_name)) if last_name.is_empty() && !is_asked_for => {
            Ok(ask_again(turn, "❌ That is not a first and a last name.").into())
        }
        Ok((first_name, last_name)) => submit(
            turn,
            ApiCall::Register {
                first_name,
                last_name,
            },
            (Stage::Register, Some(Choice::Register)),
        ),
        Err(why) => {
            let why = format!("❌ That is not a name: {why}.");
            let question = if is_asked_for {
                ask_for_name(turn)
            } else {
                ask(turn)
            };
            Ok(question.preceded_by(why).into())
        }
    }
}

/// Asks for a name. From here on a single word is one; before, it may answer something else.
fn ask_for_name(turn: &mut Turn) -> Reply {
    turn.ask();
    Reply::new(
        "Please send your first and last name, such as *Ada Lovelace*. \
         If you have only one name, send that.",
    )
}

/// A first name and the rest as the last name, each of at most 50 characters without digits and
/// symbols. The last name is empty if there is only one name.
fn names(text: &str) -> Result<(String, String), String> {
    let name = input::person_name(text).map_err(|why| why.to_string())?;
    // Names have apostrophes, hyphens and dots, and letters of any script.
    let is_odd =
        |c: char| c.is_numeric() || (c.is_ascii_punctuation() && !matches!(c, '\'' | '-' | '.'));
    if name.contains(is_odd) {
        return Err("it holds a digit or a symbol; write it in letters".to_owned());
    }
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    for part in [first, last] {
        if part.chars().count() > MAX_LENGTH {
            return Err(format!(
                "a part of it has more than {MAX_LENGTH} characters"
            ));
        }
        if !part.is_empty() && !part.contains(char::is_alphabetic) {
            return Err("a part of it holds no letter".to_owned());
        }
    }
    Ok((first.to_owned(), last.to_owned()))
}
