//! Histories with money, as a user runs them: the bot breaks no promise, and each of three designs
//! without an outbox does.

use crate::command::{caught, histories, row};

const PROMISES: [&str; 14] = [
    "paid twice",
    "paid without a confirmation",
    "paid before it was asked",
    "paid another amount",
    "neither paid nor given up",
    "paid and not told",
    "told what is not true",
    "message without a reply",
    "shown again without a reason",
    "shown out of order",
    "acknowledged and lost",
    "never taken",
    "left pending",
    "broken",
];

#[test]
fn bot_pays_and_tells_once_whatever_fails() {
    let output = histories("--payments 8 --seed 1 --jobs 2");
    let said = String::from_utf8(output.stdout).unwrap();
    println!("{said}");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for promise in PROMISES {
        assert_eq!(row(&said, promise), 0, "{promise}");
    }
    assert_eq!(row(&said, "histories"), 8);
    // Without payments, or without faults, it would prove nothing.
    for needed in [
        "paid",
        "told paid",
        "workers ended",
        "workers stopped",
        "faults",
    ] {
        assert!(row(&said, needed) > 0, "{needed}");
    }
    let taken = row(&said, "acknowledged");
    assert_eq!(taken, row(&said, "messages"));
}

#[test]
fn reply_after_the_commit_is_caught() {
    let wrong = [
        "message without a reply",
        "neither paid nor given up",
        "paid and not told",
        "shown out of order",
    ];
    caught("--payments 19 --jobs 2 --bot naive-after-commit", &wrong);
}

#[test]
fn call_within_the_turn_is_caught() {
    caught(
        "--payments 19 --jobs 2 --bot naive-in-turn",
        &["paid twice"],
    );
}

#[test]
fn mark_in_the_session_is_caught() {
    let wrong = [
        "message without a reply",
        "neither paid nor given up",
        "paid and not told",
        "shown again without a reason",
    ];
    caught("--payments 19 --jobs 2 --bot naive-sent-mark", &wrong);
}
