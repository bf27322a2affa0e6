//! The transition table: its rows, its check at compile time, its refusals.

use super::{Stage, is_wire_name};

/// One stage of a table: its wire name and the stages that may follow it. Made by [`row`].
#[derive(Debug, Clone, Copy)]
pub struct Row<S: 'static> {
    stage: S,
    name: &'static str,
    next: &'static [S],
}

/// The row of `stage`: how it is written in a store, and which stages may follow it.
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

    /// The stages that may follow it, itself not among them unless it was written down.
    #[must_use]
    pub const fn next(&self) -> &'static [S] {
        self.next
    }
}

pub(super) fn find<S: Stage>(stage: S) -> Option<&'static Row<S>> {
    S::TABLE.iter().find(|row| row.stage == stage)
}

/// Whether the table leads from one stage to another. Staying is always legal.
///
/// # Errors
/// [`InvalidTransition`], with what would have been allowed.
pub(crate) fn check_step<S: Stage>(from: S, to: S) -> Result<(), InvalidTransition> {
    let next = find(from).map_or(&[][..], Row::next);
    if from == to || next.contains(&to) {
        return Ok(());
    }
    Err(InvalidTransition {
        from: from.name(),
        to: to.name(),
        allowed: next.iter().map(|stage| stage.name()).collect(),
    })
}

/// A step that the transition table does not have. Nothing was changed by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no transition from {from} to {to}; allowed: {}", allowed.join(", "))]
#[non_exhaustive]
pub struct InvalidTransition {
    /// The stage the session stands in.
    pub from: &'static str,
    /// The stage that was asked for.
    pub to: &'static str,
    /// The stages that may follow `from`, besides itself.
    pub allowed: Vec<&'static str>,
}

/// A stage whose table has been checked. Implemented by [`assert_transitions!`](crate::assert_transitions) alone.
#[diagnostic::on_unimplemented(
    message = "the transition table of `{Self}` is not checked",
    label = "this stage has an unchecked table",
    note = "write `assert_transitions!({Self});` below the enum"
)]
pub trait CheckedTransitions {}

/// Checks the transition table of a stage when it is compiled, and lets the stage be used.
///
/// InvalidTransition, with the stage named: a stage or a wire name that stands twice, a malformed wire name, a target without a row,
/// a start without a row, a stage that the start cannot reach, a stage that cannot reach the start, more than 128 stages.
///
/// # Examples
/// ```compile_fail
/// use vimbiso_state::{Row, Stage, assert_transitions, row};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// enum Step { Ask, Lost }
///
/// impl Stage for Step {
///     const START: Self = Self::Ask;
///     const TABLE: &'static [Row<Self>] = &[row(Self::Ask, "ask", &[]), row(Self::Lost, "lost", &[Self::Ask])];
/// }
/// assert_transitions!(Step); // error: lost cannot be reached from the start
/// ```
#[macro_export]
macro_rules! assert_transitions {
    ($stage:ty) => {
        impl $crate::flow::CheckedTransitions for $stage {}

        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        const _: () = {
            // A trait's `==` cannot be called here, and a generic constant cannot be cast: so the cast stands where the
            // enum is known, and the check itself works on plain numbers.
            const TABLE: &[$crate::flow::Row<$stage>] = <$stage as $crate::flow::Stage>::TABLE;
            let mut ids = [0_i128; 128];
            let mut names = [""; 128];
            assert!(
                TABLE.len() <= 128,
                "a transition table holds at most 128 stages"
            );
            let mut i = 0;
            while i < TABLE.len() {
                ids[i] = TABLE[i].stage() as i128;
                names[i] = TABLE[i].name();
                i += 1;
            }
            let (ids, _) = ids.split_at(TABLE.len());
            let (names, _) = names.split_at(TABLE.len());
            $crate::flow::check::names(names);
            $crate::flow::check::stages(ids, names);
            let mut next = [0_u128; 128];
            let mut i = 0;
            while i < TABLE.len() {
                let targets = TABLE[i].next();
                let mut t = 0;
                while t < targets.len() {
                    next[i] |= 1 << $crate::flow::check::target(targets[t] as i128, ids, names[i]);
                    t += 1;
                }
                i += 1;
            }
            let (next, _) = next.split_at(TABLE.len());
            $crate::flow::check::reach(
                $crate::flow::check::start(<$stage as $crate::flow::Stage>::START as i128, ids),
                next,
                names,
            );
        };
    };
}

/// What [`assert_transitions!`](crate::assert_transitions) calls. Not part of the public API.
#[doc(hidden)]
#[allow(clippy::panic, clippy::indexing_slicing, missing_docs)] // evaluated by the compiler: a panic is its error message
pub mod check {
    use super::is_wire_name;

    pub const fn names(names: &[&str]) {
        let mut i = 0;
        while i < names.len() {
            if !is_wire_name(names[i]) {
                fail(
                    names[i],
                    " is no wire name: it takes 1 to 64 bytes of A-Z a-z 0-9 _ . -",
                );
            }
            let mut j = 0;
            while j < i {
                if equal(names[i], names[j]) {
                    fail(names[i], " names two stages");
                }
                j += 1;
            }
            i += 1;
        }
    }

    pub const fn stages(ids: &[i128], names: &[&str]) {
        let mut i = 0;
        while i < ids.len() {
            if position(ids[i], ids) < i {
                fail(names[i], " is a second row of one stage");
            }
            i += 1;
        }
    }

    #[must_use]
    pub const fn target(id: i128, ids: &[i128], from: &str) -> usize {
        let at = position(id, ids);
        if at == ids.len() {
            fail(from, " leads to a stage without a row");
        }
        at
    }

    #[must_use]
    pub const fn start(id: i128, ids: &[i128]) -> usize {
        let at = position(id, ids);
        if at == ids.len() {
            panic!("the start stage has no row");
        }
        at
    }

    pub const fn reach(start: usize, next: &[u128], names: &[&str]) {
        let mut from_start = 1_u128 << start;
        let mut to_start = 1_u128 << start;
        let mut round = 0;
        while round < next.len() {
            let mut i = 0;
            while i < next.len() {
                if from_start & (1 << i) != 0 {
                    from_start |= next[i];
                }
                if next[i] & to_start != 0 {
                    to_start |= 1 << i;
                }
                i += 1;
            }
            round += 1;
        }
        let mut i = 0;
        while i < next.len() {
            if from_start & (1 << i) == 0 {
                fail(names[i], " cannot be reached from the start");
            }
            if to_start & (1 << i) == 0 {
                fail(names[i], " cannot reach the start");
            }
            i += 1;
        }
    }

    const fn position(id: i128, ids: &[i128]) -> usize {
        let mut i = 0;
        while i < ids.len() && ids[i] != id {
            i += 1;
        }
        i
    }

    const fn equal(a: &str, b: &str) -> bool {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let mut same = a.len() == b.len();
        let mut i = 0;
        while same && i < a.len() {
            same = a[i] == b[i];
            i += 1;
        }
        same
    }

    /// A constant panic takes one text, so the two are joined by hand.
    const fn fail(name: &str, what: &str) -> ! {
        let mut text = [0_u8; 160];
        let mut end = 0;
        let parts = [name.as_bytes(), what.as_bytes()];
        let mut p = 0;
        while p < parts.len() {
            let mut i = 0;
            while i < parts[p].len() && end < text.len() {
                text[end] = parts[p][i];
                end += 1;
                i += 1;
            }
            p += 1;
        }
        match core::str::from_utf8(text.split_at(end).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a wire name is not ASCII"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{UnwindSafe, catch_unwind};

    use super::check::{names, reach, stages, start, target};

    /// What the compiler would print.
    fn refusal<T: std::fmt::Debug>(check: impl FnOnce() -> T + UnwindSafe) -> String {
        *catch_unwind(check).unwrap_err().downcast().unwrap()
    }

    #[test]
    fn names_that_are_alike_in_part_are_two() {
        names(&["ab", "ac", "cb", "a", "abc"]);
        assert_eq!(refusal(|| names(&["ab", "b", "ab"])), "ab names two stages");
        assert_eq!(
            refusal(|| names(&["a", "two words"])),
            "two words is no wire name: it takes 1 to 64 bytes of A-Z a-z 0-9 _ . -"
        );
    }

    #[test]
    fn every_stage_has_one_row() {
        stages(&[3, -1, 2], &["a", "b", "c"]);
        assert_eq!(
            refusal(|| stages(&[3, -1, 2, -1], &["a", "b", "c", "d"])),
            "d is a second row of one stage"
        );
        assert_eq!(
            (target(2, &[3, -1, 2], "a"), start(-1, &[3, -1, 2])),
            (2, 1)
        );
        assert_eq!(
            refusal(|| target(7, &[3, -1, 2], "a")),
            "a leads to a stage without a row"
        );
        assert_eq!(
            *catch_unwind(|| start(7, &[3, -1, 2]))
                .unwrap_err()
                .downcast::<&str>()
                .unwrap(),
            "the start stage has no row"
        );
    }

    #[test]
    fn a_way_is_found_however_the_rows_are_ordered() {
        let names = ["a", "b", "c", "d"];
        reach(0, &[0b0010, 0b0100, 0b1000, 0b0001], &names);
        reach(0, &[0b1000, 0b0001, 0b0010, 0b0100], &names);
        reach(1, &[0b0010, 0b1000, 0b0001, 0b0100], &names);
    }

    #[test]
    fn lost_stages_do_not_find_each_other() {
        let names = ["a", "b", "c"];
        for lost in [
            [0b001, 0b101, 0b011],
            [0b001, 0b001, 0b001],
            [0b100, 0b101, 0b001],
        ] {
            assert_eq!(
                refusal(|| reach(0, &lost, &names)),
                "b cannot be reached from the start"
            );
        }
        assert_eq!(
            refusal(|| reach(2, &[0b100, 0b001, 0b100], &names)),
            "a cannot be reached from the start"
        );
        for dead_end in [[0b110, 0b010, 0b001], [0b110, 0b000, 0b001]] {
            assert_eq!(
                refusal(|| reach(0, &dead_end, &names)),
                "b cannot reach the start"
            );
        }
        assert_eq!(
            refusal(|| reach(0, &[0b010, 0b100, 0b010], &names)),
            "b cannot reach the start"
        );
    }

    #[test]
    fn a_long_name_is_cut_short() {
        assert_eq!(
            refusal(|| names(&["é"])),
            "é is no wire name: it takes 1 to 64 bytes of A-Z a-z 0-9 _ . -"
        );
        let long = "x".repeat(200);
        assert_eq!(refusal(|| names(&[&long])), "x".repeat(160));
        let long = format!("x{}", "é".repeat(100));
        let cut = catch_unwind(|| names(&[&long])).unwrap_err();
        assert_eq!(*cut.downcast::<&str>().unwrap(), "a wire name is not ASCII");
    }
}
