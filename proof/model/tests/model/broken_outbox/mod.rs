//! Each rule of what happens after the commit is needed: without it, the checker finds a broken
//! promise.

use model::counterexample;
use model::outbox::{Design, Faults, Index, Repeats, Says, Scenario};

mod calls;
mod hints;
mod replies;

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
