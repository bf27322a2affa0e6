//! The matrix that was measured: one line for each row.

use std::fmt::Write as _;
use std::time::Duration;

use crate::absent::ABSENT;
use crate::cell::Cell;
use crate::row::{Call, Row};

/// What is promised: how soon after its deadline a call returns, and how soon after the fault the
/// store works again.
const LATE: Duration = Duration::from_millis(50);
const RECOVERY: Duration = Duration::from_secs(1);

/// What became of a row.
#[derive(Debug)]
pub enum Outcome {
    Measured(Vec<(Call, Cell)>),
    /// Why the fault cannot be caused on this machine.
    Impossible(&'static str),
}

/// The whole matrix, as far as it was run.
pub fn matrix(outcomes: &[(&Row, Outcome)]) -> String {
    let mut text = format!(
        "{:>2}  {:<52} {:<13} {:<20} {:<13} {:<13} {:<12} {:>8} {:>8} {:>8}\n",
        "#",
        "fault",
        "load",
        "commit",
        "resolve",
        "delete",
        "connect",
        "deadline",
        "later by",
        "again in"
    );
    let mut late_rows = 0;
    let mut slow_rows = 0;
    let mut skipped_rows = 0;
    for (row, outcome) in outcomes {
        let _ = write!(text, "{:>2}  {:<52} ", row.number, row.fault);
        let cells = match outcome {
            Outcome::Measured(cells) => cells,
            Outcome::Impossible(why) => {
                skipped_rows += 1;
                let _ = writeln!(text, "!! SKIPPED: {why}");
                continue;
            }
        };
        for (call, width) in Call::ALL.into_iter().zip([13, 20, 13, 13, 12]) {
            let _ = write!(text, "{:<width$} ", answer(cells, call));
        }
        let late = cells.iter().filter_map(|(_, cell)| cell.late).max();
        let again = cells.iter().map(|(_, cell)| cell.again_after).max();
        let again = again.unwrap_or_default();
        late_rows += usize::from(late > Some(LATE));
        slow_rows += usize::from(again > RECOVERY);
        let _ = writeln!(
            text,
            "{:>8} {:>7}{} {:>7}{}",
            milliseconds(row.deadline),
            late.map_or("-".to_owned(), milliseconds),
            mark(late > Some(LATE)),
            milliseconds(again),
            mark(again > RECOVERY),
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
    let _ = writeln!(
        text,
        "{} rows, {skipped_rows} of them skipped; {late_rows} missed the limit of {LATE:?} after \
         the deadline, {slow_rows} the limit of {RECOVERY:?} until it works again; {} rows not \
         covered here",
        outcomes.len(),
        ABSENT.len()
    );
    text
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn mark(is_over: bool) -> char {
    if is_over { '!' } else { ' ' }
}

fn answer(cells: &[(Call, Cell)], call: Call) -> String {
    let Some((_, cell)) = cells.iter().find(|(of, _)| *of == call) else {
        return "·".to_owned();
    };
    match cell.then {
        Some(then) if then != cell.answer => format!("{:?} → {then:?}", cell.answer),
        _ => format!("{:?}", cell.answer),
    }
}
