//! Runs the checker on a scenario, and describes what it found.

use std::fmt::Write as _;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::Scenario;

/// The result of a scenario.
#[derive(Debug)]
pub struct Explored {
    /// How many different states there are.
    pub states: usize,
    /// The largest number of steps that the shortest path to a state takes.
    pub depth: usize,
    /// The promises that were broken, with the steps that lead there, and the cases that did not
    /// occur.
    pub failures: Vec<String>,
}

impl Scenario {
    /// Visits every state that the scenario can reach.
    pub fn explore(&self) -> Explored {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let checker = self.checker().threads(threads).spawn_bfs().join();
        let failure = |property: stateright::Property<Self>| match (
            property.expectation,
            checker.discovery(property.name),
        ) {
            (Expectation::Sometimes, None) => Some(format!("did not occur: {}", property.name)),
            (Expectation::Always, Some(path)) => Some(format!(
                "broken: {}\n{}",
                property.name,
                steps(path.into_actions())
            )),
            _ => None,
        };
        let failures = self.properties().into_iter().filter_map(failure).collect();
        Explored {
            states: checker.unique_state_count(),
            depth: checker.max_depth(),
            failures,
        }
    }

    /// The shortest path to a broken promise, as a list of steps. `None` if the promise holds.
    pub fn counterexample(&self, promise: &'static str) -> Option<String> {
        let search = || {
            self.checker()
                .finish_when(HasDiscoveries::AnyOf([promise].into()))
        };
        search().spawn_bfs().join().discovery(promise)?;
        // The checker stops at the end of a batch, not at the first discovery. So search again with
        // a growing depth.
        let within = |depth| {
            search()
                .target_max_depth(depth)
                .spawn_bfs()
                .join()
                .discovery(promise)
        };
        (1..)
            .find_map(within)
            .map(|path| steps(path.into_actions()))
    }
}

fn steps(actions: Vec<crate::Action>) -> String {
    let number = |(mut text, n): (String, usize), action| {
        let _ = writeln!(text, "  {n:2}. {action:?}");
        (text, n + 1)
    };
    actions.into_iter().fold((String::new(), 1), number).0
}
