//! A single answer, held against a list.

use super::Kind;
use crate::history::{Outcome, What};
use crate::list::{Message, spell};

/// Whether an answer is true of a list; if not, what is wrong with it.
pub fn fits(what: &What, list: &[Message]) -> Result<(), (Kind, String)> {
    if let Some(seen) = what.seen().filter(|seen| !list.starts_with(seen)) {
        return Err((
            Kind::Forked,
            format!("the list was seen as {}", spell(seen)),
        ));
    }
    let place = what.message().and_then(|message| {
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
        } => match place {
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
        } => match (place, says(what)) {
            (None, _) => Err((
                Kind::Lost,
                format!("{message} was acknowledged, and is not in the list"),
            )),
            (Some(place), said) if said == Some(place) => Ok(()),
            (Some(place), said) => Err((
                Kind::Untrue,
                format!(
                    "{message} was said to be number {} of the list, and is number {place}",
                    said.unwrap_or(0)
                ),
            )),
        },
    }
}

/// Which place in the list an acknowledgement gives the message.
fn says(what: &What) -> Option<usize> {
    match what {
        What::Delivered {
            outcome: Outcome::Duplicate { place, .. },
            ..
        } => *place,
        other => Some(other.reached()),
    }
}
