//! The macros that check a table when it is compiled.

/// A stage whose transition table is checked. Only
/// [`assert_transitions!`](crate::assert_transitions) implements it.
#[diagnostic::on_unimplemented(
    message = "the transition table of `{Self}` is not checked",
    label = "this stage has an unchecked table",
    note = "write `assert_transitions!({Self});` below the enum"
)]
#[doc(hidden)]
pub trait CheckedTransitions {}

/// A choice whose table is checked. Only [`assert_choices!`](crate::assert_choices) implements it.
#[diagnostic::on_unimplemented(
    message = "the table of the choice `{Self}` is not checked",
    label = "this choice has an unchecked table",
    note = "write `assert_choices!({Self});` below the enum"
)]
#[doc(hidden)]
pub trait CheckedChoices {}

/// Checks the transition table of a stage when it is compiled, and lets the stage be used.
///
/// Does not compile, and names the stage, if
/// * a stage has no row, or two
/// * a wire name is malformed, or names two stages
/// * a stage cannot be reached from the start, or cannot reach it
/// * there are more than 128 stages
///
/// # Examples
/// ```compile_fail
/// use vimbiso_state::flow::{Row, row};
/// use vimbiso_state::{Stage, assert_transitions};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// enum At {
///     Counter,
///     Kitchen,
/// }
///
/// impl Stage for At {
///     const START: Self = Self::Counter;
///     const TABLE: &'static [Row<Self>] = &[
///         row(Self::Counter, "counter", &[]),
///         row(Self::Kitchen, "kitchen", &[Self::Counter]),
///     ];
/// }
/// assert_transitions!(At); // error: kitchen cannot be reached from the start
/// ```
#[macro_export]
macro_rules! assert_transitions {
    ($stage:ty) => {
        // Implemented here only, so that a stage without this macro does not compile.
        #[diagnostic::do_not_recommend]
        impl $crate::flow::CheckedTransitions for $stage {}

        const _: () = $crate::flow::check::size(<$stage as $crate::flow::Stage>::TABLE.len());

        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        const _: () = {
            $crate::__position_in_table!($stage, <$stage as $crate::flow::Stage>::TABLE, stage);

            const TABLE: &[$crate::flow::Row<$stage>] = <$stage as $crate::flow::Stage>::TABLE;
            let mut names = [""; TABLE.len()];
            let mut positions = [0; TABLE.len()];
            // One bit a stage, so that a set of stages is a number. Hence the limit of 128 rows.
            let mut next = [0_u128; TABLE.len()];
            let mut i = 0;
            while i < TABLE.len() {
                names[i] = TABLE[i].name();
                positions[i] = position(TABLE[i].stage());
                let targets = TABLE[i].next();
                let mut t = 0;
                while t < targets.len() {
                    next[i] |= 1 << position(targets[t]);
                    t += 1;
                }
                i += 1;
            }
            $crate::flow::check::names(&names, "stage");
            $crate::flow::check::rows(&positions, &names);
            let start = position(<$stage as $crate::flow::Stage>::START);
            $crate::flow::check::reach(start, &next, &names);
        };
    };
}

/// Checks the table of a choice when it is compiled, and lets the choice be used.
///
/// Does not compile, and names the choice, if
/// * a choice has no row, or two
/// * a wire name is malformed, or names two choices
/// * there are more than 128 choices
///
/// The stage that a choice leads to always has a row, because
/// [`assert_transitions!`](crate::assert_transitions) has checked that.
///
/// # Examples
/// ```compile_fail
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::At;
/// use vimbiso_state::flow::{ChoiceRow, choice};
/// use vimbiso_state::{Choice, assert_choices};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq)]
/// enum Pick {
///     Coffee,
///     Tea,
/// }
///
/// impl Choice<At> for Pick {
///     const TABLE: &'static [ChoiceRow<Self, At>] = &[choice(Self::Coffee, "coffee", None)];
/// }
/// assert_choices!(Pick); // error: non-exhaustive patterns: `HasRow(Pick::Tea)` not covered
/// ```
#[macro_export]
macro_rules! assert_choices {
    ($choice:ty) => {
        impl $crate::flow::CheckedChoices for $choice {}

        const _: () = $crate::flow::check::size(<$choice as $crate::flow::Choice<_>>::TABLE.len());

        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        const _: () = {
            $crate::__position_in_table!(
                $choice,
                <$choice as $crate::flow::Choice<_>>::TABLE,
                choice
            );

            // The stage is not named here: the compiler finds it, since a choice belongs to one
            // stage.
            const LEN: usize = <$choice as $crate::flow::Choice<_>>::TABLE.len();
            let table = <$choice as $crate::flow::Choice<_>>::TABLE;
            let mut names = [""; LEN];
            let mut positions = [0; LEN];
            let mut i = 0;
            while i < LEN {
                names[i] = table[i].name();
                positions[i] = position(table[i].choice());
                i += 1;
            }
            $crate::flow::check::names(&names, "choice");
            $crate::flow::check::rows(&positions, &names);
        };
    };
}

/// Checks a menu when it is compiled: that each of its choices can be selected in the stages in
/// which the menu is shown.
///
/// Write the flow, the `static` or `const` of the menu, and the stages. Does not compile, and names
/// the choice, if
/// * a choice leads to a stage that none of the table's transitions leads to from one of these
///   stages
/// * a choice is on the menu twice
///
/// A menu without this check still cannot break the table: [`select`](crate::Turn::select) then
/// fails with [`InvalidTransition`](crate::flow::InvalidTransition) once a user picks that choice.
/// So does a menu of [`try_new`](crate::MenuOptions::try_new), and a menu that is answered in
/// another stage than those.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe, Pick};
/// use vimbiso_state::{MenuOptions, assert_menu};
///
/// static DRINKS: MenuOptions<Pick> =
///     MenuOptions::new("drinks", &[(Pick::Coffee, "Coffee"), (Pick::Pay, "Pay")]);
/// assert_menu!(Cafe, DRINKS, [At::Counter, At::Paying]);
/// ```
///
/// ```compile_fail
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe, Pick};
/// # use vimbiso_state::{MenuOptions, assert_menu};
/// # static DRINKS: MenuOptions<Pick> = MenuOptions::new("drinks", &[(Pick::Pay, "Pay")]);
/// assert_menu!(Cafe, DRINKS, [At::Waiting]); // error: pay leads from waiting to paying
/// ```
#[macro_export]
macro_rules! assert_menu {
    ($flow:ty, $menu:expr, [$($stage:expr),+ $(,)?]) => {
        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        const _: () = {
            type Stage = <$flow as $crate::Flow>::Stage;
            type Choice = <$flow as $crate::Flow>::Choice;
            const STAGES: &[$crate::flow::Row<Stage>] = <Stage as $crate::flow::Stage>::TABLE;
            const CHOICES: &[$crate::flow::ChoiceRow<Choice, Stage>] =
                <Choice as $crate::flow::Choice<Stage>>::TABLE;

            const fn position_of_stage(stage: Stage) -> usize {
                $crate::__position_in_table!(Stage, STAGES, stage);
                position(stage)
            }
            const fn position_of_choice(choice: Choice) -> usize {
                $crate::__position_in_table!(Choice, CHOICES, choice);
                position(choice)
            }

            let name = $crate::flow::check::menu_name(&$menu);
            let options: &[(Choice, &str)] = $crate::flow::check::menu_options(&$menu);
            let shown_in: &[Stage] = &[$($stage),+];
            let mut i = 0;
            while i < options.len() {
                let choice = position_of_choice(options[i].0);
                let mut other = 0;
                while other < i {
                    let is_same = position_of_choice(options[other].0) == choice;
                    $crate::flow::check::once(is_same, name, CHOICES[choice].name());
                    other += 1;
                }
                let mut s = 0;
                while s < shown_in.len() {
                    if let Some(target) = CHOICES[choice].leads_to() {
                        let from = position_of_stage(shown_in[s]);
                        let to = position_of_stage(target);
                        // Staying is always allowed.
                        let mut is_allowed = from == to;
                        let next = STAGES[from].next();
                        let mut n = 0;
                        while n < next.len() {
                            is_allowed = is_allowed || position_of_stage(next[n]) == to;
                            n += 1;
                        }
                        $crate::flow::check::step(is_allowed, &[
                            name,
                            CHOICES[choice].name(),
                            STAGES[from].name(),
                            STAGES[to].name(),
                        ]);
                    }
                    s += 1;
                }
                i += 1;
            }
        };
    };
}

/// Defines the function `position`: where in the table the first row of a variant is. Does not
/// compile if a variant has no row.
///
/// A constant cannot call `==` of a trait, but it can match. So the rows become the arms of a
/// match, and the compiler names the variant that has no row. Not part of the public API.
#[doc(hidden)]
#[macro_export]
macro_rules! __position_in_table {
    ($enum:ty, $table:expr, $variant:ident) => {
        $crate::__position_in_table! {
            @rows $enum, $table, $variant,
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
            32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60
            61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89
            90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113
            114 115 116 117 118 119 120 121 122 123 124 125 126 127
        }
    };
    (@rows $enum:ty, $table:expr, $variant:ident, $($n:literal)*) => {
        // A pattern must be a constant, and a constant cannot index with a variable: so each row is
        // a type with a number of its own.
        struct Row<const N: usize>;

        impl<const N: usize> Row<N> {
            const VARIANT: $crate::flow::check::Variant<$enum> = {
                let table = $table;
                // Rows beyond the table's end match nothing but the end itself.
                if N < table.len() {
                    $crate::flow::check::Variant::HasRow(table[N].$variant())
                } else {
                    $crate::flow::check::Variant::End
                }
            };
        }

        #[allow(unreachable_patterns)] // a second row of a variant has a message of its own
        const fn position(variant: $enum) -> usize {
            match $crate::flow::check::Variant::HasRow(variant) {
                $(Row::<$n>::VARIANT => $n,)*
                $crate::flow::check::Variant::End => $crate::flow::check::MAX_ROWS,
            }
        }
    };
}
