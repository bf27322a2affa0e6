//! A named behaviour, and the guarantees that it proves.

use std::future::Future;
use std::pin::Pin;

use super::capability::Capability;
use super::guarantee::{Contract, Guarantee};
use super::trial::Trial;
use super::violation::Verdict;
use super::{
    atomicity, cancellation, commits, damage, deadlines, duplicates, expiry, fences, leases,
    reading, retention, room, tokens, users,
};

/// Something that a store does, told by its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Behaviour {
    /// Its name.
    pub name: &'static str,
    /// The guarantees that it proves.
    pub proves: &'static [Guarantee],
    /// What it needs beyond the session calls of a store.
    pub needs: &'static [Capability],
    pub(super) show: fn(Trial) -> Showing,
}

impl Behaviour {
    /// The first need that is not among these capabilities.
    pub(super) fn missing(&self, can: &[Capability]) -> Option<Capability> {
        self.needs.iter().find(|need| !can.contains(need)).copied()
    }
}

type Showing = Pin<Box<dyn Future<Output = Verdict>>>;

macro_rules! table {
    (@each [] $($subject:ident::$name:ident
        [$($contract:ident $number:literal),*] [$($need:ident),*];)*) => {
        /// What the [contract](crate::StateStore#contract) asks of a store, behaviour by behaviour.
        pub const BEHAVIOURS: &[Behaviour] = &[$(Behaviour {
            name: stringify!($name),
            proves: &[$(Guarantee { contract: Contract::$contract, number: $number }),*],
            needs: &[$(Capability::$need),*],
            show: |trial| Box::pin($subject::$name(trial)),
        }),*];
    };
}
__each_behaviour! { table, [] }
