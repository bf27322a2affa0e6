//! The call, its conclusion, and its place beside the replies.

use model::outbox::{Design, Faults, Repeats, Says, Scenario};
use model::{counterexample, explore};

use crate::broken_outbox::{DONE, LANES, MONEY, NO, PAID_ONCE, assert_broken};

#[test]
fn a_call_before_its_commit_is_not_announced() {
    let design = Design {
        announces_first: false,
        ..Design::WHOLE
    };
    let promise = "no call is performed that was not announced";
    assert_broken(MONEY, design, promise);
}

#[test]
fn without_the_slot_a_conclusion_blocks_the_next_call() {
    let design = Design {
        conclusion_needs_slot: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { failovers: 1, ..NO },
        ..MONEY
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn without_the_slot_a_deleted_user_comes_back() {
    let design = Design {
        conclusion_needs_slot: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        deliveries: &[&[0], &[]],
        faults: Faults { deletes: 1, ..NO },
        ..LANES
    };
    let promise = "a deleted user comes back by a message alone";
    assert_broken(scenario, design, promise);
}

#[test]
fn without_its_lease_a_denial_is_false_later() {
    let design = Design {
        waits_for_replica: true,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        repeats: Repeats::Never,
        faults: Faults {
            deaths: 1,
            failovers: 1,
            ..NO
        },
        design,
        ..MONEY
    };
    let design = Design {
        denial_needs_lease: false,
        ..design
    };
    let promise = "a call that is told as not done has no effect";
    assert_broken(scenario, design, promise);
}

#[test]
fn without_id_and_slot_a_call_is_concluded_twice() {
    let design = Design {
        conclusion_needs_slot: false,
        conclusion_has_id: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { stops: 1, ..NO },
        sweepers: 2,
        ..MONEY
    };
    assert_broken(scenario, design, "a call is concluded at most once");
}

#[test]
fn a_conclusion_that_begins_a_session_hides_expiry() {
    let design = Design {
        conclusion_keeps_tombstone: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { expiries: 1, ..NO },
        ..MONEY
    };
    assert_broken(scenario, design, "a user whose session expired is told so");
}

#[test]
fn without_a_reserved_place_a_conclusion_is_refused() {
    let design = Design {
        reserves_place: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        says: &[Says::Yes(0), Says::Hello, Says::Hello],
        deliveries: &[&[0], &[1, 2]],
        capacity: 2,
        ..LANES
    };
    let promise = "a conclusion is never refused for want of room";
    assert_broken(scenario, design, promise);
}

#[test]
fn a_call_in_the_queue_blocks_replies() {
    let explored = |design| explore(&Scenario { design, ..LANES });
    let design = Design {
        call_apart: false,
        ..Design::WHOLE
    };
    assert_eq!(explored(Design::WHOLE).failures, [""; 0]);
    let failures = explored(design).failures;
    assert_eq!(
        failures,
        ["did not occur: a reply is sent while a call waits"]
    );
}

#[test]
fn a_slot_that_is_not_restored_stays_pending() {
    let design = Design {
        restores_slot: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { evictions: 1, ..NO },
        ..MONEY
    };
    assert_broken(scenario, design, DONE);
}

#[test]
fn a_key_of_the_message_pays_twice_after_a_failover() {
    let design = Design {
        key_of_question: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        faults: Faults { failovers: 1, ..NO },
        ..MONEY
    };
    assert_broken(scenario, design, PAID_ONCE);
}

#[test]
fn a_window_of_the_announcement_pays_twice() {
    let design = Design {
        window_of_question: false,
        ..Design::WHOLE
    };
    let scenario = Scenario {
        repeats: Repeats::For(1),
        faults: Faults { failovers: 1, ..NO },
        ..MONEY
    };
    assert_broken(scenario, design, PAID_ONCE);
}

#[test]
fn without_keys_and_wait_a_failover_pays_twice() {
    let scenario = Scenario {
        repeats: Repeats::Never,
        faults: Faults { failovers: 1, ..NO },
        design: Design {
            waits_for_replica: true,
            ..Design::WHOLE
        },
        ..MONEY
    };
    assert_broken(scenario, Design::WHOLE, PAID_ONCE);
}

/// A limit, not a rule: only a bank that fences keys could prevent it.
#[test]
fn a_stop_longer_than_the_bank_remembers_pays_twice() {
    let scenario = |stops| Scenario {
        repeats: Repeats::For(3),
        sweepers: 2,
        faults: Faults { stops, ..NO },
        ..MONEY
    };
    assert_eq!(counterexample(&scenario(0), PAID_ONCE), None);
    let path = counterexample(&scenario(1), PAID_ONCE);
    println!("{}", path.expect("a broken promise"));
}
