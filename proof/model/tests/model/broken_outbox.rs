//! Each rule of what happens after the commit is needed: without it, the checker finds a broken
//! promise.

use model::outbox::{Design, Faults, Index, Repeats, Says, Scenario};
use model::{counterexample, explore};

const NO: Faults = Faults::NONE;

/// Two messages answer the same question with yes.
const MONEY: Scenario = Scenario {
    name: "money",
    says: &[Says::Yes(0), Says::Yes(0)],
    deliveries: &[&[0], &[1]],
    replies: false,
    capacity: 3,
    repeats: Repeats::Always,
    index: Index::SameServer,
    sweepers: 1,
    faults: NO,
    design: Design::WHOLE,
};

/// Two messages are answered.
const REPLIES: Scenario = Scenario {
    says: &[Says::Hello, Says::Hello],
    replies: true,
    ..MONEY
};

/// A call, and a message while it is pending.
const LANES: Scenario = Scenario {
    says: &[Says::Yes(0), Says::Hello],
    replies: true,
    ..MONEY
};

const HINTS: Scenario = Scenario {
    index: Index::Hints,
    ..REPLIES
};

const PAID_ONCE: &str = "each question's call takes effect at most once";
const DONE: &str = "left alone, all work gets done";
const SHOWN_ONCE: &str = "a reply is shown once unless a fault explains it";
const NO_DOUBT: &str = "a reply that waits without doubt was not shown";

#[track_caller]
fn assert_broken(scenario: Scenario, design: Design, promise: &'static str) {
    assert_eq!(counterexample(&scenario, promise), None);
    let broken = Scenario { design, ..scenario };
    let path = counterexample(&broken, promise).expect("a broken promise");
    println!("{promise}\n{path}");
}

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
fn without_keys_a_failover_pays_twice_without_a_wait() {
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
