//! A named behaviour, and the guarantees that it tests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::capability::Capability;
use super::case::Case;
use super::guarantee::{Contract, GUARANTEES, Guarantee};
use super::outbox::{
    attempts, bystanders, calls, due, lanes, menus, one_step, own_commits, postponed, removals,
    replies, room, settlements, storage, wake_ups,
};
use super::violation::{CaseResult, Violation};
use super::{
    atomicity, cancellation, capacity, corruption, deadlines, duplicates, expiry, fences, leases,
    loads, preconditions, retention, tokens, users,
};

/// Something that a store must do; its name says what. Displayed with the guarantees that it tests:
/// `refresh_lease_has_one_holder [TokenStore 3]`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Behaviour {
    /// The name.
    pub name: &'static str,
    /// The guarantees that it tests.
    pub guarantees: &'static [Guarantee],
    /// What it needs beyond the session calls of a store.
    pub needs: &'static [Capability],
    pub(super) run: fn(Case) -> Running,
}

type Running = Pin<Box<dyn Future<Output = CaseResult>>>;

impl Behaviour {
    /// The first need that is not among these capabilities.
    pub(super) fn missing(&self, can: &[Capability]) -> Option<Capability> {
        self.needs.iter().find(|need| !can.contains(need)).copied()
    }

    /// A violation of this behaviour, with the texts of the guarantees that it tests.
    pub(super) fn explain(&self, violation: &Violation) -> Violation {
        let mut text = format!("{violation}\nThe behaviour {} tests:", self.name);
        for (guarantee, words) in GUARANTEES {
            if self.guarantees.contains(guarantee) {
                text += &format!("\n    {guarantee}. {words}");
            }
        }
        Violation::new(text)
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guarantees: Vec<_> = self.guarantees.iter().map(Guarantee::to_string).collect();
        write!(f, "{} [{}]", self.name, guarantees.join(", "))
    }
}

macro_rules! table {
    (@each [] $($module:ident::$name:ident
        [$($contract:ident $number:literal),*] [$($need:ident),*];)*) => {
        /// Every behaviour that the three contracts ask of a store.
        pub const BEHAVIOURS: &[Behaviour] = &[$(Behaviour {
            name: stringify!($name),
            guarantees: &[$(Guarantee { contract: Contract::$contract, number: $number }),*],
            needs: &[$(Capability::$need),*],
            // Without captures this is a function pointer, so the table can be a constant.
            run: |case| Box::pin($module::$name(case)),
        }),*];
    };
}
__each_behaviour! { table, [] }
