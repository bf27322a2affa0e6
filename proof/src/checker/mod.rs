//! The rules that a history is held to.
//!
//! Within an era, the list of each session as it was in the end is the one order in which messages
//! took effect. Then:
//! * what was acknowledged stands in it, once, where the acknowledgement says;
//! * nothing stands in it twice, nothing of another session, and nothing that every delivery has
//!   denied;
//! * every list that was seen, by a read or by a turn that was committed, is its beginning, and is
//!   no shorter than what was known when the call began;
//! * what was given up for good is not in it.
//!
//! Where the server has come back with less, an era ends. The next one begins with what the server
//! came back with, read before any worker could reach it: that must be the beginning of what was
//! there before, and must hold all that was acknowledged when the copy was begun. What was
//! acknowledged after that may be gone with the server, and is counted apart; all rules hold again
//! in the new era, on top of what it began with. A call that was under way in between may have been
//! answered on either side, so it has to fit one of them.

mod answer;
mod between;
mod era;
mod violation;

pub use between::taken_back;
pub use violation::{Kind, Violation};

use crate::history::History;

/// Everything that is wrong with a history: the worst first, and of that first what takes the
/// fewest events to show.
pub fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for session in 0..history.sessions() {
        for era in 0..history.eras.len() {
            era::Check {
                history,
                session,
                era,
                found: &mut found,
            }
            .run();
        }
        between::check(history, session, &mut found);
    }
    found.sort_by_key(|violation| (violation.kind, violation.evidence.len()));
    found
}
