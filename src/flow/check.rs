//! The functions that check a table while it is compiled. A panic is the error of the compiler.
//!
//! Called by the macros only. Not part of the public API.
#![allow(clippy::panic, clippy::indexing_slicing)]

use super::MenuOptions;
use super::wire_name::is_wire_name;

/// The longest table: a set of stages is kept in the bits of a `u128`.
pub const MAX_ROWS: usize = 128;

/// A row of a table, or the end of the table.
///
/// The name `HasRow` is for the error of the compiler: "`HasRow(Pick::Tea)` not covered".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant<T> {
    HasRow(T),
    End,
}

/// Checks the name of a flow.
pub const fn flow_name(name: &str) {
    if !is_wire_name(name) {
        let allowed = "\": use 1 to 64 of A-Z a-z 0-9 _ . -";
        fail(&["invalid flow name \"", name, allowed]);
    }
}

/// Checks the number of rows.
pub const fn size(rows: usize) {
    assert!(rows <= MAX_ROWS, "a table takes at most 128 rows");
}

/// Checks that each name is a wire name, and that no two are the same.
pub const fn names(names: &[&str], kind: &str) {
    let mut i = 0;
    while i < names.len() {
        if !is_wire_name(names[i]) {
            let allowed = "\": use 1 to 64 of A-Z a-z 0-9 _ . -";
            fail(&["invalid ", kind, " name \"", names[i], allowed]);
        }
        let mut j = 0;
        while j < i {
            if equal(names[i], names[j]) {
                fail(&[names[i], " names two ", kind, "s"]);
            }
            j += 1;
        }
        i += 1;
    }
}

/// Checks that no variant has two rows. `positions` says for each row where the first row of its
/// variant is.
pub const fn rows(positions: &[usize], names: &[&str]) {
    let mut i = 0;
    while i < positions.len() {
        // The position of a variant is that of its first row.
        if positions[i] != i {
            fail(&[names[i], " is a second row for ", names[positions[i]]]);
        }
        i += 1;
    }
}

/// Checks that each stage can be reached from the start and can reach it. `next` holds for each
/// stage the set of the stages that may follow it.
pub const fn reach(start: usize, next: &[u128], names: &[&str]) {
    let mut from_start = 1_u128 << start;
    let mut to_start = 1_u128 << start;
    // The longest way without a circle has fewer steps than there are stages.
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
            fail(&[names[i], " cannot be reached from the start"]);
        }
        if to_start & (1 << i) == 0 {
            fail(&[names[i], " cannot reach the start"]);
        }
        i += 1;
    }
}

/// The name of a menu that was made by a constant.
pub const fn menu_name<C>(menu: &MenuOptions<C>) -> &'static str {
    menu.fixed().0
}

/// The options of a menu that was made by a constant.
pub const fn menu_options<C>(menu: &MenuOptions<C>) -> &'static [(C, &'static str)] {
    menu.fixed().1
}

/// Checks that a menu does not offer a choice again.
pub const fn once(is_same: bool, menu: &str, choice: &str) {
    if is_same {
        fail(&[choice, " is on the menu ", menu, " twice"]);
    }
}

/// Checks that the table has the transition of a choice. The names are those of the menu, the
/// choice, the stage and the stage that the choice leads to.
pub const fn step(is_allowed: bool, [menu, choice, from, to]: &[&str; 4]) {
    if !is_allowed {
        let leads = " leads from ";
        fail(&[
            "menu ",
            menu,
            ": ",
            choice,
            leads,
            from,
            " to ",
            to,
            ", which no transition does",
        ]);
    }
}

// `==` of texts is not constant yet.
const fn equal(a: &str, b: &str) -> bool {
    let a = a.as_bytes();
    let b = b.as_bytes();
    let mut same = a.len() == b.len();
    let mut i = 0;
    while same && i < a.len() {
        same = a[i] == b[i];
        i += 1;
    }
    same
}

/// Panics with the parts joined. A constant panic takes one text, and a constant cannot call
/// `format!`.
// A constant panic takes one text, so the parts are copied into one.
const fn fail(parts: &[&str]) -> ! {
    let mut text = [0_u8; 200];
    let mut end = 0;
    let mut p = 0;
    while p < parts.len() {
        let part = parts[p].as_bytes();
        let mut i = 0;
        while i < part.len() && end < text.len() {
            text[end] = part[i];
            end += 1;
            i += 1;
        }
        p += 1;
    }
    match core::str::from_utf8(text.split_at(end).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("invalid wire name: use 1 to 64 of A-Z a-z 0-9 _ . -"),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{UnwindSafe, catch_unwind};

    use super::{names, once, reach, rows, size, step};

    /// What the compiler would print.
    fn message<T: std::fmt::Debug>(check: impl FnOnce() -> T + UnwindSafe) -> String {
        let panic = catch_unwind(check).unwrap_err();
        match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
        }
    }

    #[test]
    fn similar_names_are_two_names() {
        names(&["ab", "ac", "cb", "a", "abc"], "stage");
        assert_eq!(
            message(|| names(&["ab", "b", "ab"], "stage")),
            "ab names two stages"
        );
        assert_eq!(
            message(|| names(&["a", "two words"], "choice")),
            "invalid choice name \"two words\": use 1 to 64 of A-Z a-z 0-9 _ . -"
        );
    }

    #[test]
    fn second_row_of_a_variant_is_refused() {
        rows(&[0, 1, 2], &["a", "b", "c"]);
        assert_eq!(
            message(|| rows(&[0, 1, 2, 1], &["a", "b", "c", "d"])),
            "d is a second row for b"
        );
    }

    #[test]
    fn option_without_a_transition_is_refused() {
        let names = ["m", "pay", "waiting", "paying"];
        step(true, &names);
        assert_eq!(
            message(move || step(false, &names)),
            "menu m: pay leads from waiting to paying, which no transition does"
        );
        once(false, "m", "pay");
        assert_eq!(
            message(|| once(true, "m", "pay")),
            "pay is on the menu m twice"
        );
    }

    #[test]
    fn table_of_129_rows_is_refused() {
        size(0);
        size(128);
        assert_eq!(message(|| size(129)), "a table takes at most 128 rows");
    }

    #[test]
    fn stages_are_reached_in_any_order_of_rows() {
        let names = ["a", "b", "c", "d"];
        reach(0, &[0b0010, 0b0100, 0b1000, 0b0001], &names);
        reach(0, &[0b1000, 0b0001, 0b0010, 0b0100], &names);
        reach(1, &[0b0010, 0b1000, 0b0001, 0b0100], &names);
    }

    #[test]
    fn unreachable_stages_and_dead_ends_are_refused() {
        let names = ["a", "b", "c"];
        for lost in [
            [0b001, 0b101, 0b011],
            [0b001, 0b001, 0b001],
            [0b100, 0b101, 0b001],
        ] {
            assert_eq!(
                message(|| reach(0, &lost, &names)),
                "b cannot be reached from the start"
            );
        }
        assert_eq!(
            message(|| reach(2, &[0b100, 0b001, 0b100], &names)),
            "a cannot be reached from the start"
        );
        for dead_end in [[0b110, 0b010, 0b001], [0b110, 0b000, 0b001]] {
            assert_eq!(
                message(|| reach(0, &dead_end, &names)),
                "b cannot reach the start"
            );
        }
        assert_eq!(
            message(|| reach(0, &[0b010, 0b100, 0b010], &names)),
            "b cannot reach the start"
        );
    }

    #[test]
    fn long_name_is_cut_in_the_message() {
        assert_eq!(
            message(|| names(&["é"], "stage")),
            "invalid stage name \"é\": use 1 to 64 of A-Z a-z 0-9 _ . -"
        );
        let long = "x".repeat(200);
        let cut = format!("invalid stage name \"{}", "x".repeat(180));
        assert_eq!(message(|| names(&[&long], "stage")), cut);
        // Cut in the middle of a character.
        let long = "é".repeat(100);
        assert_eq!(
            message(|| names(&[&long], "choice")),
            "invalid wire name: use 1 to 64 of A-Z a-z 0-9 _ . -"
        );
    }
}
