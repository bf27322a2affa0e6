//! Explores every scenario of the commit protocol, and prints how many states there were.
//!
//! ```text
//! cargo run --release -p model
//! ```

use std::process::ExitCode;
use std::time::Instant;

use model::SCENARIOS;

fn main() -> ExitCode {
    let began = Instant::now();
    let mut states = 0;
    let mut failures = 0;
    println!(
        "{:50} {:>10} {:>6} {:>8}",
        "scenario", "states", "depth", "seconds"
    );
    for scenario in SCENARIOS {
        let started = Instant::now();
        let explored = scenario.explore();
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{:50} {:>10} {:>6} {seconds:>8.1}",
            scenario.name, explored.states, explored.depth
        );
        for failure in &explored.failures {
            println!("{failure}");
        }
        states += explored.states;
        failures += explored.failures.len();
    }
    println!(
        "{states} states in {:.0} s, {failures} failures",
        began.elapsed().as_secs_f64()
    );
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
