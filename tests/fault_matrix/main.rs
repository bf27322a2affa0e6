//! Every fault that Redis can meet, against every call: one test for a row, and the matrix of what was seen printed at the end.
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
    let panics = count_panics();
    let rows: Vec<&'static Row> = rows::all().collect();
    let trials = rows.iter().enumerate().map(|(n, &row)| {
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
    // Each row waits more than it works.
    arguments.test_threads.get_or_insert(4);
    let conclusion = libtest_mimic::run(&arguments, trials.chain([elsewhere]).collect());
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
        println!("all rows passed, and yet there were panics: {panics:#?}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// One row: every call that it speaks of, each in a world of its own.
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
        let (mut seen, mut impossible) = (Vec::new(), None);
        // All are waited for: one that is cut off in the middle would panic.
        for (call, cell) in cells {
            match cell.await {
                Ok(Ok(cell)) => seen.push((call, cell)),
                Ok(Err(why)) => impossible = Some(why),
                Err(failed) => return Err(format!("{call:?}: {}", why(failed))),
            }
        }
        Ok(impossible.map_or(Outcome::Seen(seen), Outcome::Impossible))
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

/// Notes every panic, also one on a task of the client's that nobody waits for.
fn count_panics() -> Arc<Mutex<Vec<String>>> {
    let panics = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&panics);
    panic::set_hook(Box::new(move |panic| {
        eprintln!("{panic}");
        noted.lock().unwrap().push(panic.to_string());
    }));
    panics
}
