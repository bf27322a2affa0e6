//! A single answer, compared with a list.

use super::Kind;
use crate::history::{Outcome, What};
use crate::list::{Message, spell};

/// Checks an answer against a list.
///
/// # Errors
/// The rule that the answer breaks, and how.
pub fn fits(what: &What, list: &[Message]) -> Result<(), (Kind, String)> {
    if let Some(seen) = what.seen().filter(|seen| !list.starts_with(seen)) {
        return Err((
            Kind::Forked,
            format!("the list was seen as {}", spell(seen)),
        ));
    }
    let position = what.message().and_then(|message| {
        list.iter()
            .position(|other| *other == message)
            .map(|at| at + 1)
    });
    match what {
        What::Read { .. }
        | What::Delivered {
            outcome: Outcome::Unknown | Outcome::Refused,
            ..
        } => Ok(()),
        What::Delivered {
            outcome: Outcome::Failed(error),
            ..
        } => Err((Kind::Failed, error.clone())),
        What::Delivered {
            message,
            outcome: Outcome::GivenUp,
        }
        | What::Resolved {
            message,
            applied: None,
        } => match position {
            None => Ok(()),
            Some(_) => Err((
                Kind::Untrue,
                format!("{message} was given up for good, and is in the list"),
            )),
        },
        What::Delivered {
            message,
            outcome: Outcome::Committed { .. } | Outcome::Duplicate { .. },
        }
        | What::Resolved {
            message,
            applied: Some(_),
        } => match (position, claimed_position(what)) {
            (None, _) => Err((
                Kind::Lost,
                format!("{message} was acknowledged, and is not in the list"),
            )),
            (Some(position), claimed) if claimed == Some(position) => Ok(()),
            (Some(position), claimed) => Err((
                Kind::Untrue,
                format!(
                    "{message} was said to be number {} of the list, and is number {position}",
                    claimed.unwrap_or(0)
                ),
            )),
        },
    }
}

/// The position in the list that an acknowledgement gives the message.
fn claimed_position(what: &What) -> Option<usize> {
    match what {
        What::Delivered {
            outcome: Outcome::Duplicate { position, .. },
            ..
        } => *position,
        other => Some(other.reached()),
    }
}
