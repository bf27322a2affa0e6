//! The matrix as it was seen: one line for each row.

use std::fmt::Write as _;
use std::time::Duration;

use crate::absent::ABSENT;
use crate::cell::Cell;
use crate::row::{Call, Row};

/// What is promised: a call returns so soon after its deadline, and the store works again so soon after the fault.
const LATE: Duration = Duration::from_millis(50);
const RECOVERY: Duration = Duration::from_secs(1);

/// What became of a row.
#[derive(Debug)]
pub enum Outcome {
    Seen(Vec<(Call, Cell)>),
    /// Why the fault could not be brought about on this machine.
    Impossible(&'static str),
}

/// The whole matrix, as far as it was run.
pub fn matrix(outcomes: &[(&Row, Outcome)]) -> String {
    let mut text = String::new();
    let (mut late, mut slow, mut skipped) = (0, 0, 0);
    let _ = writeln!(
        text,
        "{:>2}  {:<52} {:<13} {:<20} {:<13} {:<13} {:<12} {:>8} {:>8} {:>8}",
        "#",
        "fault",
        "load",
        "commit",
        "resolve",
        "forget",
        "connect",
        "deadline",
        "later by",
        "again in"
    );
    for (row, outcome) in outcomes {
        let _ = write!(text, "{:>2}  {:<52} ", row.number, row.fault);
        let cells = match outcome {
            Outcome::Seen(cells) => cells,
            Outcome::Impossible(why) => {
                skipped += 1;
                let _ = writeln!(text, "!! SKIPPED: {why}");
                continue;
            }
        };
        for (call, width) in Call::ALL.into_iter().zip([13, 20, 13, 13, 12]) {
            let _ = write!(text, "{:<width$} ", said(cells, call));
        }
        let later = cells.iter().filter_map(|(_, cell)| cell.late).max();
        let again = cells
            .iter()
            .map(|(_, cell)| cell.again_after)
            .max()
            .unwrap_or_default();
        late += usize::from(later > Some(LATE));
        slow += usize::from(again > RECOVERY);
        let budget = |over: bool| if over { '!' } else { ' ' };
        let _ = writeln!(
            text,
            "{:>8} {:>7}{} {:>7}{}",
            format!("{} ms", row.patience.as_millis()),
            later.map_or("-".to_owned(), |late| format!("{} ms", late.as_millis())),
            budget(later > Some(LATE)),
            format!("{} ms", again.as_millis()),
            budget(again > RECOVERY),
        );
    }
    for absent in ABSENT {
        let elsewhere = absent.elsewhere.map_or(String::new(), |(file, test)| {
            format!("; see tests/{file}, {test}")
        });
        let _ = writeln!(
            text,
            "{:>2}  {:<52} !! NOT COVERED HERE: {}{elsewhere}",
            absent.number, absent.fault, absent.why
        );
    }
    let rows = outcomes.len();
    let _ = writeln!(
        text,
        "{rows} rows, {skipped} of them skipped; budget of {LATE:?} after the deadline missed by {late}, budget of {RECOVERY:?} until \
         it works again missed by {slow}; {} rows not covered here",
        ABSENT.len()
    );
    text
}

fn said(cells: &[(Call, Cell)], call: Call) -> String {
    match cells.iter().find(|(of, _)| *of == call) {
        None => "·".to_owned(),
        Some((
            _,
            Cell {
                seen, then: None, ..
            },
        )) => format!("{seen:?}"),
        Some((
            _,
            Cell {
                seen,
                then: Some(then),
                ..
            },
        )) if seen == then => format!("{seen:?}"),
        Some((
            _,
            Cell {
                seen,
                then: Some(then),
                ..
            },
        )) => format!("{seen:?} → {then:?}"),
    }
}
