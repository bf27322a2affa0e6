//! Every fault of Redis and its network against every call: one test for each row. The matrix that
//! was measured is printed at the end.
//!
//! `cargo test --test fault_matrix`; with `-- 38` for the rows of one number.

mod absent;
mod cell;
mod injection;
mod report;
mod row;
mod rows;
mod world;

use std::panic;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};

use crate::report::Outcome;
use crate::row::{Call, Row};

fn main() -> ExitCode {
    let outcomes = Arc::<Mutex<Vec<(usize, Outcome)>>>::default();
    let panics = record_panics();
    let rows: Vec<&'static Row> = rows::all().collect();
    let tests = rows.iter().enumerate().map(|(n, &row)| {
        let outcomes = Arc::clone(&outcomes);
        let name = format!("{:02} {}", row.number, row.fault);
        Trial::test(name, move || {
            let outcome = run(row)?;
            outcomes.lock().unwrap().push((n, outcome));
            Ok(())
        })
    });
    let elsewhere = Trial::test(
        "rows that are covered elsewhere name tests that exist",
        || match absent::missing() {
            missing if missing.is_empty() => Ok(()),
            missing => Err(format!("{missing:?}").into()),
        },
    );
    let mut arguments = Arguments::from_args();
    // A row mostly waits.
    arguments.test_threads.get_or_insert(4);
    let conclusion = libtest_mimic::run(&arguments, tests.chain([elsewhere]).collect());
    let mut outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    outcomes.sort_by_key(|(n, _)| *n);
    let outcomes: Vec<_> = outcomes
        .into_iter()
        .map(|(n, outcome)| (rows[n], outcome))
        .collect();
    if !outcomes.is_empty() {
        println!("{}", report::matrix(&outcomes));
    }
    let panics = panics.lock().unwrap();
    if !conclusion.has_failed() && !panics.is_empty() {
        println!("all rows passed, but there were panics: {panics:#?}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Runs one row: every call that it has answers for, each in a world of its own.
fn run(row: &'static Row) -> Result<Outcome, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let calls = Call::ALL
            .into_iter()
            .filter(|call| !row.expected(*call).is_empty());
        let cells: Vec<_> = calls
            .map(|call| (call, tokio::spawn(cell::run(row, call))))
            .collect();
        let mut measured = Vec::new();
        let mut impossible = None;
        // The runtime ends with this block, and a call that it cut off would panic.
        for (call, cell) in cells {
            match cell.await {
                Ok(Ok(cell)) => measured.push((call, cell)),
                Ok(Err(why)) => impossible = Some(why),
                Err(failed) => return Err(format!("{call:?}: {}", why(failed))),
            }
        }
        Ok(impossible.map_or(Outcome::Measured(measured), Outcome::Impossible))
    })
}

fn why(failed: tokio::task::JoinError) -> String {
    let Ok(panic) = failed.try_into_panic() else {
        return "cancelled".to_owned();
    };
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// Records every panic, also those on tasks of the client that no test waits for.
fn record_panics() -> Arc<Mutex<Vec<String>>> {
    let panics = Arc::<Mutex<Vec<String>>>::default();
    let recorded = Arc::clone(&panics);
    panic::set_hook(Box::new(move |panic| {
        eprintln!("{panic}");
        recorded.lock().unwrap().push(panic.to_string());
    }));
    panics
}
