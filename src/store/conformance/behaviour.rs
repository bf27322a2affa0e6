//! A named behaviour, and the guarantees that it proves.

use std::future::Future;
use std::pin::Pin;

use super::capability::Capability;
use super::trial::Trial;
use super::violation::Verdict;
use super::{
    atomicity, cancellation, claims, commits, damage, deadlines, duplicates, expiry, fences,
    reading, retention, room, tokens, users,
};

/// The guarantees of the [contract](crate::StateStore#contract) in short; the first is number 1.
pub const GUARANTEES: [&str; 16] = [
    "A load changes nothing.",
    "Absent, live, expired and damaged are four different answers.",
    "A commit is one atomic step.",
    "A commit applies to what it was decided on.",
    "A commit id takes effect once.",
    "The same attempt may be sent again.",
    "A session lives until `min(now + ttl, began + max_lifetime)`",
    "Resolve is final.",
    "Tokens stand apart.",
    "A token is put only where the expected one stands",
    "A refresh claim has one owner",
    "Forget leaves nothing of the user",
    "Users are apart.",
    "A call returns by its deadline.",
    "A store that is full refuses",
    "A dropped future does no harm",
];

/// Something that a store does, told by its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Behaviour {
    /// Its name.
    pub name: &'static str,
    /// The numbers of the guarantees that it proves.
    pub proves: &'static [usize],
    /// What it needs beyond the calls of a store.
    pub needs: Option<Capability>,
    pub(super) show: fn(Trial) -> Showing,
}

type Showing = Pin<Box<dyn Future<Output = Verdict>>>;

macro_rules! table {
    (@each [] $($subject:ident::$name:ident $proves:tt $needs:tt;)*) => {
        /// What the [contract](crate::StateStore#contract) asks of a store, behaviour by behaviour.
        pub const BEHAVIOURS: &[Behaviour] = &[$(Behaviour {
            name: stringify!($name),
            proves: &$proves,
            needs: table!(@need $needs),
            show: |trial| Box::pin($subject::$name(trial)),
        }),*];
    };
    (@need []) => { None };
    (@need [$need:ident]) => { Some(Capability::$need) };
}
__each_behaviour! { table, [] }
