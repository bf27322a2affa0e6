//! A part of what the command explores, small enough for every run of the tests.

use model::commit::{Faults, SCENARIOS, Scenario};
use model::explore;

/// The same scenario with fewer attempts and no crashes. Every case that must occur still can.
fn smaller(scenario: &Scenario) -> Scenario {
    Scenario {
        attempts: 2,
        faults: Faults {
            crashes: 0,
            ..scenario.faults
        },
        ..*scenario
    }
}

#[test]
fn no_order_of_steps_breaks_a_promise() {
    for scenario in SCENARIOS {
        let explored = explore(&smaller(scenario));
        println!("{:50} {:>10} states", scenario.name, explored.states);
        assert!(
            explored.failures.is_empty(),
            "{}: {}",
            scenario.name,
            explored.failures.join("\n")
        );
    }
}
