//! The rules that every history must keep.
//!
//! Within an era, the list of each session at the end is the one order in which messages took
//! effect. Then:
//! * an acknowledged message is in it, once, at the position that the acknowledgement says;
//! * nothing is in it twice, nothing of another session, and nothing that every delivery denied;
//! * every list that a read or a committed turn returned is its beginning, and is not shorter than
//!   what was known when the call started;
//! * a message that was given up for good is not in it.
//!
//! If the server comes back with less than it had, an era ends. The next one starts with what the
//! server came back with, read before any worker can reach it. That must be the beginning of what
//! the server had, and must hold every message that was acknowledged when the copy was begun. What
//! was acknowledged later may be gone with the server, and is counted apart; all rules hold again
//! in the new era, on top of what it started with. A call that was under way in between may have
//! been answered on either side, so it has to fit one of them.

mod answer;
mod between;
mod era;
mod violation;

pub use between::taken_back;
pub use violation::{Kind, Violation};

use crate::history::History;

/// Every violation in a history: the worst kind first, and within a kind the one with the fewest
/// events first.
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
