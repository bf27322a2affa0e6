//! Replies, their attempts and their leases.

use model::outbox::{Design, Faults, Says, Scenario};

use crate::broken_outbox::{DONE, NO, NO_DOUBT, REPLIES, SHOWN_ONCE, assert_broken};

#[test]
fn without_an_atomic_release_an_entry_is_forgotten() {
    let design = Design {
        atomic_release: false,
        ..Design::WHOLE
    };
    assert_broken(REPLIES, design, DONE);
}

#[test]
fn without_the_owner_check_a_reply_is_shown_twice() {
    let design = Design {
        settle_checks_holder: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { stops: 1, ..NO },
        ..REPLIES
    };
    assert_broken(scenario, design, SHOWN_ONCE);
}

#[test]
fn a_settle_without_a_name_forgets_a_reply() {
    let design = Design {
        settle_names_entry: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { copies: 1, ..NO },
        ..REPLIES
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn a_settle_without_a_name_changes_the_order() {
    let design = Design {
        settle_names_entry: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        says: &[Says::Hello, Says::Hello, Says::Hello],
        deliveries: &[&[0, 1, 2]],
        faults: Faults { copies: 1, ..NO },
        ..REPLIES
    };
    let promise = "replies are first shown in the order of their commits";
    assert_broken(scenario, design, promise);
}

#[test]
fn a_retry_that_forgets_doubt_is_found() {
    let design = Design {
        restores_doubt: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults {
            lost: 1,
            unsent: 1,
            ..NO
        },
        ..REPLIES
    };
    assert_broken(scenario, design, NO_DOUBT);
}

#[test]
fn a_late_retry_takes_doubt_away() {
    let design = Design {
        settle_names_attempt: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        deliveries: &[&[0]],
        sweepers: 1,
        faults: Faults {
            copies: 2,
            unsent: 2,
            lost: 1,
            ..NO
        },
        ..REPLIES
    };
    assert_broken(scenario, design, NO_DOUBT);
}

#[test]
fn attempts_counted_after_the_work_miss_deaths() {
    let design = Design {
        counts_before: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { deaths: 2, ..NO },
        ..REPLIES
    };
    let promise = "a reply has as many attempts as processes that died of it";
    assert_broken(scenario, design, promise);
}
