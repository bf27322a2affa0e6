//! A part of what the command explores, small enough for every run of the tests.

use model::{Explored, commit, explore, outbox};

#[track_caller]
fn assert_kept(name: &str, explored: &Explored) {
    println!("{name:60} {:>10} states", explored.states);
    let failures = explored.failures.join("\n");
    assert!(failures.is_empty(), "{name}: {failures}");
}

/// With fewer attempts and no crashes, every case that must occur still can.
#[test]
fn no_order_of_steps_breaks_a_promise_of_the_commit() {
    for scenario in commit::SCENARIOS {
        let faults = commit::Faults {
            crashes: 0,
            ..scenario.faults
        };
        let smaller = commit::Scenario {
            attempts: 2,
            faults,
            ..*scenario
        };
        assert_kept(scenario.name, &explore(&smaller));
    }
}

/// With fewer faults of each kind, every case that must occur still can.
#[test]
fn no_order_of_steps_breaks_a_promise_of_the_outbox() {
    for scenario in outbox::SCENARIOS {
        let faults = outbox::Faults {
            deaths: 0,
            lost: 0,
            copies: 0,
            given_up: 0,
            ..scenario.faults
        };
        let smaller = outbox::Scenario {
            sweepers: 1,
            faults,
            ..*scenario
        };
        assert_kept(scenario.name, &explore(&smaller));
    }
}
