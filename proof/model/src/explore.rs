//! Runs the checker on a scenario, and describes what it found.

use std::fmt::{Debug, Write as _};
use std::hash::Hash;

use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};

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

/// Visits every state that the scenario can reach.
pub fn explore<M>(scenario: &M) -> Explored
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = scenario.clone().checker().threads(threads).spawn_bfs();
    let checker = checker.join();
    let failure =
        |property: Property<M>| match (property.expectation, checker.discovery(property.name)) {
            (Expectation::Sometimes, None) => Some(format!("did not occur: {}", property.name)),
            (Expectation::Always, Some(path)) => Some(format!(
                "broken: {}\n{}",
                property.name,
                steps(path.into_actions())
            )),
            _ => None,
        };
    let properties = scenario.properties();
    let failures = properties.into_iter().filter_map(failure).collect();
    Explored {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        failures,
    }
}

/// The shortest path to a broken promise, as a list of steps. `None` if the promise holds.
pub fn counterexample<M>(scenario: &M, promise: &'static str) -> Option<String>
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let search = || {
        let only = HasDiscoveries::AnyOf([promise].into());
        scenario.clone().checker().finish_when(only)
    };
    search().spawn_bfs().join().discovery(promise)?;
    // The checker stops at the end of a batch, not at the first discovery. So search again with a
    // growing depth.
    let within = |depth| {
        let checker = search().target_max_depth(depth).spawn_bfs();
        checker.join().discovery(promise)
    };
    let path = (1..).find_map(within)?;
    Some(steps(path.into_actions()))
}

fn steps<A: Debug>(actions: Vec<A>) -> String {
    let number = |(mut text, n): (String, usize), action| {
        let _ = writeln!(text, "  {n:2}. {action:?}");
        (text, n + 1)
    };
    actions.into_iter().fold((String::new(), 1), number).0
}
