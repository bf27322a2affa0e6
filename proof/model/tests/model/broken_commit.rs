//! Each part of the protocol is needed: without it, the checker finds a broken promise.

use model::commit::{Design, Faults, Scenario};
use model::counterexample;

const NO: Faults = Faults {
    expiries: 0,
    evictions: 0,
    crashes: 0,
    failovers: 0,
};

#[track_caller]
fn assert_broken(name: &'static str, design: Design, faults: Faults, promise: &'static str) {
    let scenario = |design| Scenario {
        name,
        deliveries: &[&[0], &[1, 2]],
        attempts: 2,
        faults,
        design,
    };
    assert_eq!(counterexample(&scenario(Design::WHOLE), promise), None);
    let path = counterexample(&scenario(design), promise).expect("a broken promise");
    println!("Broken {name}: {promise}\n{path}");
}

#[test]
fn without_commit_ids_a_message_takes_effect_twice() {
    let design = Design {
        commit_ids: false,
        ..Design::WHOLE
    };
    assert_broken(
        "without commit ids",
        design,
        NO,
        "each message takes effect at most once",
    );
}

#[test]
fn without_tags_a_failover_leads_to_an_overwrite() {
    let design = Design {
        tags: false,
        ..Design::WHOLE
    };
    let promise = "a commit is applied only if its precondition holds";
    assert_broken(
        "without the random tag",
        design,
        Faults { failovers: 1, ..NO },
        promise,
    );
}

#[test]
fn without_a_precondition_a_message_is_lost() {
    let design = Design {
        compares: false,
        ..Design::WHOLE
    };
    assert_broken(
        "without a precondition",
        design,
        NO,
        "an acknowledged message is in the history",
    );
}

#[test]
fn without_key_presence_an_expired_session_returns() {
    let design = Design {
        presence: false,
        ..Design::WHOLE
    };
    let promise = "a commit is applied only if its precondition holds";
    assert_broken(
        "without the presence of the keys",
        design,
        Faults { expiries: 1, ..NO },
        promise,
    );
}

#[test]
fn without_a_fence_a_late_commit_takes_effect() {
    let design = Design {
        fences: false,
        ..Design::WHOLE
    };
    assert_broken(
        "without a fence",
        design,
        NO,
        "a message that was given up has no effect",
    );
}
