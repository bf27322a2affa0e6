//! Wake-ups on another server.

use model::outbox::{Design, Faults, Scenario};

use crate::broken_outbox::{DONE, HINTS, NO, assert_broken};

#[test]
fn hints_that_move_earlier_lose_a_wake_up() {
    let design = Design {
        hints_move_later: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { deaths: 1, ..NO },
        ..HINTS
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn a_claim_as_long_as_the_window_loses_a_wake_up() {
    let design = Design {
        claim_is_short: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { deaths: 1, ..NO },
        ..HINTS
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn a_hint_after_the_commit_loses_a_wake_up() {
    let design = Design {
        hint_before: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { deaths: 1, ..NO },
        ..HINTS
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn a_commit_after_its_hint_loses_a_wake_up() {
    let design = Design {
        checks_hint: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { deaths: 1, ..NO },
        ..HINTS
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn without_a_scan_a_failover_loses_a_wake_up() {
    let scenario = Scenario {
        faults: Faults { failovers: 1, ..NO },
        design: Design {
            scans: true,
            ..Design::WHOLE
        },
        ..HINTS
    };
    assert_broken(scenario, Design::WHOLE, DONE);
}
