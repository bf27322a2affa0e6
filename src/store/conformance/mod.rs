//! The conformance suite: proves of any store that it keeps the [contract](super::StateStore#contract).
//!
//! For whoever writes a store of their own. Behind the feature `testing`, which belongs among the dev-dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! vimbiso-state = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # One test per behaviour
//! Each guarantee of the contract is proved by named [behaviours](BEHAVIOURS). [`conformance_tests!`] makes a `#[test]` of each:
//!
//! ```
//! # fn main() {}
//! mod my_store {
//!     use vimbiso_state::MemoryStore;
//!
//!     vimbiso_state::conformance_tests! { async || MemoryStore::new(), can: [PausedClock, Tokens] }
//! }
//! ```
//!
//! The tests make runtimes of their own, so they need no other dependency than this crate.
//!
//! # All in one report
//! [`run`] tries all of them, goes on where one fails, and reports:
//!
//! ```
//! use vimbiso_state::MemoryStore;
//! use vimbiso_state::store::conformance::{self, Capability};
//!
//! let report = conformance::run(async || MemoryStore::new(), &[Capability::PausedClock, Capability::Tokens]);
//! assert!(report.is_kept(), "{report}");
//! // What could not be tried is said: this store was given plenty of room, and nobody can spoil its sessions or silence it.
//! assert!(report.untried().any(|behaviour| behaviour.name == "a_full_store_refuses_and_drops_nothing"));
//! ```
//!
//! A behaviour that a store does not show is reported with what was seen and with the numbers of the guarantees:
//!
//! ```text
//! BROKEN   refresh_lease_has_one_holder [TokenStore 3]
//!          of 16 requests for the lease at once, 16 acquired it
//! ```
//!
//! # What it takes
//! * **A store for each behaviour.** It may be the same one each time: every behaviour has users that nobody else has.
//! * **A clock.** A store on tokio's clock is [capable](Capability) of a [`PausedClock`](Capability::PausedClock), and lives
//!   through all of it in no time. Any other is waited for: a behaviour then takes a second or two, more where a call is
//!   slow, and those that last a whole retention are not tried.
//! * **More than calls**, for some behaviours: that a session be spoiled, that the store fall silent, that it have little
//!   room. A type of one's own around the store, a [`Fixture`], does the first two. What it is capable of is said where it
//!   is handed over; the rest is [untried](Outcome::Untried), and shown as such.
//!
//! The example `custom_store` is a store written from scratch, on SQLite, with a fixture that can do all of this.
//!
//! # What it cannot prove
//! That a store keeps its sessions when its server dies; that it does all this under load. A green run is where such tests
//! begin.
//!
//! [`conformance_tests!`]: crate::conformance_tests

#[macro_use]
mod suite;

mod atomicity;
mod behaviour;
mod cancellation;
mod capability;
mod commits;
mod damage;
mod deadlines;
mod duplicates;
mod expiry;
mod fences;
mod fixture;
mod guarantee;
mod leases;
mod pace;
mod reading;
mod report;
mod retention;
mod room;
mod stage;
mod tokens;
mod trial;
mod users;
mod violation;

use std::sync::Arc;

pub use behaviour::{BEHAVIOURS, Behaviour};
pub use capability::Capability;
pub use fixture::Fixture;
pub use guarantee::{Contract, GUARANTEES, Guarantee};
pub use report::{Outcome, Report};
pub use violation::Violation;

/// Tries every behaviour on a store, one after the other, each on a fixture and a runtime of its own.
///
/// Blocks, and may be called from anywhere. A behaviour whose store panics or hangs is broken, and the next one begins. Where it
/// blocks its thread, that is left behind after three minutes.
pub fn run<F: Fixture + 'static>(
    fixture: impl AsyncFn() -> F + Send + Sync + 'static,
    can: &[Capability],
) -> Report {
    let fixture = Arc::new(fixture);
    let outcome = |behaviour: &'static Behaviour| match behaviour.missing(can) {
        Some(need) => Outcome::Untried(need),
        None => {
            stage::show(behaviour, &fixture, can).map_or_else(Outcome::Broken, |()| Outcome::Kept)
        }
    };
    Report(
        BEHAVIOURS
            .iter()
            .map(|behaviour| (behaviour, outcome(behaviour)))
            .collect(),
    )
}

/// Tries one behaviour, by its name.
///
/// # Errors
/// What was seen instead, with the guarantees that it breaks.
pub fn prove<F: Fixture + 'static>(
    behaviour: &str,
    fixture: impl AsyncFn() -> F + Send + Sync + 'static,
    can: &[Capability],
) -> Result<(), Violation> {
    let Some(behaviour) = BEHAVIOURS.iter().find(|known| known.name == behaviour) else {
        return Err(Violation::new(format!("there is no behaviour {behaviour}")));
    };
    if let Some(need) = behaviour.missing(can) {
        return Err(Violation::new(format!(
            "{} cannot be tried, for want of {need}",
            behaviour.name
        )));
    }
    stage::show(behaviour, &Arc::new(fixture), can).map_err(|why| behaviour.told(&why))
}
