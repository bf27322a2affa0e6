//! Explores every scenario of both protocols, and prints how many states there were.
//!
//! ```text
//! cargo run --release -p model [part of a scenario's name]
//! ```

use std::process::ExitCode;
use std::time::Instant;

use model::{Explored, commit, explore, outbox};

/// The sums of the scenarios so far.
#[derive(Default)]
struct Sums {
    states: usize,
    failures: usize,
}

impl Sums {
    fn print(&mut self, name: &str, explore: impl FnOnce() -> Explored) {
        let started = Instant::now();
        let explored = explore();
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{name:60} {:>10} {:>6} {seconds:>8.1}",
            explored.states, explored.depth
        );
        for failure in &explored.failures {
            println!("{failure}");
        }
        self.states += explored.states;
        self.failures += explored.failures.len();
    }
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1);
    let is_asked = |name: &str| only.as_ref().is_none_or(|part| name.contains(part));
    let began = Instant::now();
    let mut sums = Sums::default();
    println!(
        "{:60} {:>10} {:>6} {:>8}",
        "scenario", "states", "depth", "seconds"
    );
    for scenario in commit::SCENARIOS
        .iter()
        .filter(|scenario| is_asked(scenario.name))
    {
        sums.print(scenario.name, || explore(scenario));
    }
    for scenario in outbox::SCENARIOS
        .iter()
        .filter(|scenario| is_asked(scenario.name))
    {
        sums.print(scenario.name, || explore(scenario));
    }
    let Sums { states, failures } = sums;
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
