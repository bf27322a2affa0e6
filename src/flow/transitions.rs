//! Stages, and the table of the transitions between them.

use std::fmt::Debug;
use std::hash::Hash;

use super::CheckedTransitions;

/// Where a conversation can be: a fieldless enum with its transition table.
///
/// Follow the `impl` by [`assert_transitions!`](crate::assert_transitions), which checks the table
/// when it is compiled. Without it, the `impl` does not compile. A checked table has exactly one
/// row for each variant and at most 128 rows, and each stage can be reached from the start and can
/// reach it.
///
/// # Examples
/// ```
/// use vimbiso_state::flow::{Row, row};
/// use vimbiso_state::{Stage, assert_transitions};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// enum At {
///     Counter,
///     Paying,
///     Waiting,
/// }
///
/// impl Stage for At {
///     const START: Self = Self::Counter;
///     const TABLE: &'static [Row<Self>] = &[
///         row(Self::Counter, "counter", &[Self::Paying]),
///         row(Self::Paying, "paying", &[Self::Counter, Self::Waiting]),
///         row(Self::Waiting, "waiting", &[Self::Counter]),
///     ];
/// }
/// assert_transitions!(At);
///
/// assert_eq!(At::Paying.name(), "paying");
/// assert_eq!(At::from_name("counter"), Some(At::Counter));
/// ```
pub trait Stage: Copy + Eq + Hash + Debug + Send + Sync + CheckedTransitions + 'static {
    /// Where a conversation begins, and where recovery and reset lead.
    const START: Self;

    /// One [`row`] for each stage: the stage, its wire name, the stages that may follow it. Staying
    /// in a stage is always legal and needs no entry.
    const TABLE: &'static [Row<Self>];

    /// The wire name, as stored.
    #[must_use]
    fn name(self) -> &'static str {
        // Never empty: a stage without a row does not compile.
        find(self).map_or("", Row::name)
    }

    /// The stage with this wire name, if there is one.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::TABLE
            .iter()
            .find(|row| row.name() == name)
            .map(Row::stage)
    }
}

/// One stage of a table: its wire name and the stages that may follow it. Made by [`row`].
#[derive(Debug, Clone, Copy)]
pub struct Row<S: 'static> {
    stage: S,
    name: &'static str,
    next: &'static [S],
}

/// The row of a stage in [`Stage::TABLE`]: its wire name and the stages that may follow it.
///
/// The name takes 1 to 64 bytes of `A–Z a–z 0–9 _ . -` and is unlike the name of any other stage.
#[must_use]
pub const fn row<S>(stage: S, name: &'static str, next: &'static [S]) -> Row<S> {
    Row { stage, name, next }
}

impl<S: Copy> Row<S> {
    /// The stage.
    #[must_use]
    pub const fn stage(&self) -> S {
        self.stage
    }

    /// Its wire name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The stages that may follow it, as they are written in the table.
    #[must_use]
    pub const fn next(&self) -> &'static [S] {
        self.next
    }
}

/// The row of a stage. `assert_transitions!` has checked that each stage has one.
fn find<S: Stage>(stage: S) -> Option<&'static Row<S>> {
    S::TABLE.iter().find(|row| row.stage == stage)
}

/// Checks that the table leads from one stage to another. Staying is always legal.
///
/// # Errors
/// [`InvalidTransition`], with the stages that are allowed.
pub(crate) fn check_step<S: Stage>(from: S, to: S) -> Result<(), InvalidTransition> {
    let next = find(from).map_or(&[][..], Row::next);
    // Staying is always allowed: an answer that was not understood leaves the user at the stage.
    if from == to || next.contains(&to) {
        return Ok(());
    }
    Err(InvalidTransition {
        from: from.name(),
        to: to.name(),
        allowed: next.iter().map(|stage| stage.name()).collect(),
    })
}

/// The transition table does not lead from one stage to the other. Nothing was changed.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe};
/// use vimbiso_state::{CachedUser, Turn, UserId};
///
/// let user = UserId::new("263771234567")?;
/// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(user));
/// let error = turn.transition_to(At::Waiting, None).unwrap_err(); // without paying
/// assert_eq!(error.to_string(), "no transition from counter to waiting; allowed: paying");
/// assert_eq!(turn.stage(), At::Counter);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no transition from {from} to {to}; allowed: {}", allowed.join(", "))]
#[non_exhaustive]
pub struct InvalidTransition {
    /// The stage of the session.
    pub from: &'static str,
    /// The stage that was asked for.
    pub to: &'static str,
    /// The stages that may follow `from`, besides itself.
    pub allowed: Vec<&'static str>,
}
