//! The conformance suite: tests whether a store keeps the [contract for sessions], the
//! [contract for tokens] and the [contract for outboxes].
//!
//! For authors of stores. It is behind the feature `testing`, which belongs in the
//! dev-dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! vimbiso-state = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # One test for each behaviour
//! Each guarantee is tested by named [behaviours](BEHAVIOURS). [`conformance_tests!`] makes a
//! `#[test]` of each one:
//!
//! ```
//! # fn main() {}
//! mod my_store {
//!     use vimbiso_state::MemoryStore;
//!
//!     vimbiso_state::conformance_tests! {
//!         async || MemoryStore::new(),
//!         can: [Tokens, Outbox, PausedClock]
//!     }
//! }
//! ```
//!
//! The tests start runtimes of their own, so they need no dependency except this crate.
//!
//! # All behaviours in one report
//! [`run`] runs every behaviour, also after one has failed, and reports:
//!
//! ```
//! use vimbiso_state::MemoryStore;
//! use vimbiso_state::store::conformance::{self, Capability};
//!
//! let can = [Capability::Tokens, Capability::Outbox, Capability::PausedClock];
//! let report = conformance::run(async || MemoryStore::new(), &can);
//! assert!(report.is_kept(), "{report}");
//! // The report also names what was not tested: this store has plenty of room, for example.
//! let mut ignored = report.ignored();
//! assert!(ignored.any(|behaviour| behaviour.name == "full_store_refuses_and_drops_nothing"));
//! ```
//!
//! A behaviour that the store does not have is reported with the guarantees that it tests, and with
//! what happened:
//!
//! ```text
//! BROKEN   refresh_lease_has_one_holder [TokenStore 3]
//!          of 16 requests for the lease at once, 16 acquired it
//! ```
//!
//! # What you provide
//! * **A store for each behaviour**, from an async closure. It may be the same store each time,
//!   because every behaviour uses users of its own. If it keeps outboxes, the tests that run at the
//!   same time need stores of their own: [`due`](super::OutboxStore::due) returns the users of all.
//! * **The store's [capabilities](Capability).** A behaviour that needs another one is ignored, and
//!   shown as ignored. If the store keeps tokens, declare [`Tokens`](Capability::Tokens); without
//!   tokens, the behaviours of [`TokenStore`](super::TokenStore) are ignored. The same holds for
//!   [`Outbox`](Capability::Outbox) and [`OutboxStore`](super::OutboxStore).
//! * **A clock.** If the store reads tokio's clock, declare
//!   [`PausedClock`](Capability::PausedClock), and the suite takes no time. With another clock, a
//!   behaviour takes 1 to 2 s, more if calls are slow, and those that last a whole retention are
//!   ignored.
//! * **Control from outside**, for some behaviours: to corrupt a session or to stall the store. Put
//!   a type of your own, a [`Fixture`], around the store.
//!
//! The example `custom_store` is a store from scratch, on SQLite, with a fixture that can do all of
//! this.
//!
//! # What it does not test
//! Whether sessions survive if the server dies, and how the store behaves under load. If the suite
//! passes, start with those tests.
//!
//! [`conformance_tests!`]: crate::conformance_tests
//! [contract for sessions]: super::StateStore#contract
//! [contract for outboxes]: super::OutboxStore#contract
//! [contract for tokens]: super::TokenStore#contract

#[macro_use]
mod suite;

mod atomicity;
mod behaviour;
mod cancellation;
mod capability;
mod capacity;
mod case;
mod clock;
mod corruption;
mod deadlines;
mod duplicates;
mod expiry;
mod fences;
mod fixture;
mod guarantee;
mod leases;
mod loads;
mod outbox;
mod preconditions;
mod report;
mod requests;
mod retention;
mod runner;
mod tokens;
mod users;
mod violation;

use std::sync::Arc;

pub use behaviour::{BEHAVIOURS, Behaviour};
pub use capability::Capability;
pub use fixture::Fixture;
pub use guarantee::{Contract, GUARANTEES, Guarantee};
pub use report::{Outcome, Report};
pub use violation::Violation;

/// Runs every behaviour on a store, one after the other, each with a fixture and a runtime of its
/// own.
///
/// `fixture` makes the store, once for each behaviour; `can` lists its capabilities. Blocks the
/// thread, and may be called from anywhere. A behaviour breaks if the store panics, or does not
/// answer for a minute; if the store blocks its thread, that thread is left running after 3
/// minutes.
pub fn run<F: Fixture + 'static>(
    fixture: impl AsyncFn() -> F + Send + Sync + 'static,
    can: &[Capability],
) -> Report {
    let fixture = Arc::new(fixture);
    let outcome = |behaviour: &'static Behaviour| match behaviour.missing(can) {
        Some(need) => Outcome::Ignored(need),
        None => match runner::run(behaviour, &fixture, can) {
            Ok(()) => Outcome::Kept,
            Err(why) => Outcome::Broken(why),
        },
    };
    Report(
        BEHAVIOURS
            .iter()
            .map(|behaviour| (behaviour, outcome(behaviour)))
            .collect(),
    )
}

/// Runs one behaviour, by its name, as [`run`] does.
///
/// # Examples
/// ```
/// use vimbiso_state::MemoryStore;
/// use vimbiso_state::store::conformance::{self, Capability};
///
/// let can = [Capability::Tokens, Capability::Outbox, Capability::PausedClock];
/// conformance::run_one("resolve_changes_no_session", async || MemoryStore::new(), &can)?;
/// # Ok::<(), conformance::Violation>(())
/// ```
///
/// # Errors
/// [`Violation`] if the store does not have the behaviour, with the guarantees that it tests; also
/// if there is no behaviour with this name, or if it needs a capability that is not in `can`.
pub fn run_one<F: Fixture + 'static>(
    behaviour: &str,
    fixture: impl AsyncFn() -> F + Send + Sync + 'static,
    can: &[Capability],
) -> Result<(), Violation> {
    // A misspelt name must not pass as a behaviour that the store has.
    let Some(behaviour) = BEHAVIOURS.iter().find(|known| known.name == behaviour) else {
        return Err(Violation::new(format!(
            "there is no behaviour {behaviour}: see BEHAVIOURS for all names"
        )));
    };
    if let Some(need) = behaviour.missing(can) {
        return Err(Violation::new(format!(
            "{} needs the capability {need}",
            behaviour.name
        )));
    }
    runner::run(behaviour, &Arc::new(fixture), can).map_err(|why| behaviour.explain(&why))
}
