//! Every rule of the histories with money, against evidence that breaks that rule alone.

use std::collections::BTreeSet;
use std::time::Duration;

use proof::payments::Setup;
use proof::payments::checks::{Rule, check};
use proof::payments::event::{Event, Kind, What};
use proof::payments::evidence::{Evidence, Message, Paid, Sending, Sent, Shown};
use proof::payments::shop::{Fate, Payment, Reply, Says};

const KEY: &str = "key";

fn question() -> String {
    "q1".to_owned()
}

fn sent(at: u64, id: &str, text: &str) -> Sent {
    let message = Message {
        user: "ada".to_owned(),
        id: id.to_owned(),
        text: text.to_owned(),
    };
    Sent {
        at,
        message,
        commit_id: id.to_owned(),
        acknowledged: Some(at + 5),
        deliveries: 1,
    }
}

fn shown(at: u64, id: &str, order: u64, says: Says) -> Shown {
    let reply = Reply {
        says,
        order: Some(order),
    };
    let sending = Sending {
        worker: 1,
        user: "ada".to_owned(),
        id: id.to_owned(),
        reply,
        is_outcome: false,
        may_repeat: false,
    };
    Shown {
        at,
        rejected: false,
        sending,
    }
}

fn paid(at: u64, amount: u32) -> Paid {
    let payment = Payment {
        question: question(),
        amount,
        turns: 2,
    };
    Paid {
        at,
        user: "ada".to_owned(),
        key: KEY.to_owned(),
        payment,
    }
}

fn told(fate: Fate) -> Says {
    let question = question();
    Says::Told { question, fate }
}

fn answered(at: u64, id: &str) -> Event {
    let id = id.to_owned();
    Event::new(at, Some(1), What::Answered { id })
}

fn report(kind: Kind, key: Option<&str>, reply: Option<&str>) -> Event {
    let what = What::Reported {
        kind,
        user: None,
        key: key.map(str::to_owned),
        reply: reply.map(str::to_owned),
        text: String::new(),
    };
    Event::new(900, Some(1), what)
}

/// A user types an amount, confirms it, and is told that it was paid.
fn payment() -> Evidence {
    let amount = 5;
    let asks = Says::Confirm {
        question: question(),
        amount,
    };
    let paying = Says::Paying {
        question: question(),
    };
    let mut outcome = shown(500, "outcome", 2, told(Fate::Paid));
    outcome.sending.is_outcome = true;
    Evidence {
        seed: 1,
        setup: Setup::Server,
        sent: vec![sent(0, "m1", "5"), sent(200, "m2", "yes~q1")],
        shown: vec![
            shown(100, "m1", 0, asks),
            shown(300, "m2", 1, paying),
            outcome,
        ],
        paid: vec![paid(400, amount)],
        events: vec![
            answered(110, "m1"),
            answered(310, "m2"),
            answered(510, "outcome"),
        ],
        applied: ["m1", "m2"].map(|id| (id.to_owned(), true)).into(),
        pending: Vec::new(),
        mishaps: Vec::new(),
        quiet_after: Duration::ZERO,
    }
}

fn broken(change: impl FnOnce(&mut Evidence)) -> Vec<Rule> {
    let mut evidence = payment();
    change(&mut evidence);
    let violations = check(&evidence);
    let rules: BTreeSet<_> = violations.iter().map(|violation| violation.rule).collect();
    rules.into_iter().collect()
}

#[test]
fn payment_that_is_made_and_told_breaks_no_rule() {
    assert_eq!(broken(|_| {}), []);
}

#[test]
fn question_is_paid_once_after_its_confirmation() {
    let twice = |evidence: &mut Evidence| evidence.paid.push(paid(420, 5));
    assert_eq!(broken(twice), [Rule::PaidTwice]);
    let unconfirmed = |evidence: &mut Evidence| {
        evidence.shown.remove(1);
        evidence.sent.remove(1);
    };
    assert_eq!(broken(unconfirmed), [Rule::PaidUnconfirmed]);
    let unseen = |evidence: &mut Evidence| evidence.paid[0].at = 90;
    assert_eq!(broken(unseen), [Rule::PaidUnseen]);
    let other = |evidence: &mut Evidence| evidence.paid[0].payment.amount = 6;
    assert_eq!(broken(other), [Rule::PaidOther]);
}

#[test]
fn confirmed_question_is_paid_or_given_up() {
    let neither = |evidence: &mut Evidence| {
        evidence.paid.clear();
        evidence.shown.remove(2);
    };
    assert_eq!(broken(neither), [Rule::NotPaid]);
    for fate in [Fate::Refused, Fate::NotMade, Fate::GivenUp] {
        let not_paid = |evidence: &mut Evidence| {
            evidence.paid.clear();
            evidence.shown[2].sending.reply.says = told(fate);
        };
        assert_eq!(broken(not_paid), []);
    }
}

#[test]
fn payment_is_told_or_reported() {
    let untold = |evidence: &mut Evidence| drop(evidence.shown.remove(2));
    assert_eq!(broken(untold), [Rule::NotTold]);
    let late = |evidence: &mut Evidence| {
        evidence.shown.remove(2);
        let late = report(Kind::LateOutcome, Some(KEY), None);
        evidence.events.push(late);
    };
    assert_eq!(broken(late), []);
    let rejected = |evidence: &mut Evidence| evidence.shown[2].rejected = true;
    assert_eq!(broken(rejected), [Rule::NotTold]);
    let reported = |evidence: &mut Evidence| {
        evidence.shown[2].rejected = true;
        let rejected = report(Kind::Rejected, None, Some("outcome"));
        evidence.events.push(rejected);
    };
    assert_eq!(broken(reported), []);
}

#[test]
fn what_is_told_is_true() {
    for fate in [Fate::Refused, Fate::NotMade] {
        let not_paid = |evidence: &mut Evidence| evidence.shown[2].sending.reply.says = told(fate);
        assert_eq!(broken(not_paid), [Rule::ToldWrong]);
    }
    let not_in_the_ledger = |evidence: &mut Evidence| evidence.paid.clear();
    assert_eq!(broken(not_in_the_ledger), [Rule::ToldWrong]);
    let two_outcomes = |evidence: &mut Evidence| {
        let given_up = shown(600, "other", 3, told(Fate::GivenUp));
        evidence.shown.push(given_up);
    };
    assert_eq!(broken(two_outcomes), [Rule::ToldWrong]);
    let failover = |evidence: &mut Evidence| {
        two_outcomes(evidence);
        evidence.setup = Setup::Failover;
    };
    assert_eq!(broken(failover), []);
}

#[test]
fn message_is_taken_kept_and_answered() {
    let unanswered = |evidence: &mut Evidence| {
        evidence.sent.push(sent(600, "m3", "hello"));
        evidence.applied.insert("m3".to_owned(), true);
    };
    assert_eq!(broken(unanswered), [Rule::Unanswered]);
    let lost = |evidence: &mut Evidence| {
        evidence.applied.insert("m1".to_owned(), false);
    };
    assert_eq!(broken(lost), [Rule::Lost]);
    let not_taken = |evidence: &mut Evidence| evidence.sent[0].acknowledged = None;
    assert_eq!(broken(not_taken), [Rule::NotTaken]);
}

/// The outcome is shown again.
fn again(evidence: &mut Evidence, may_repeat: bool) {
    let mut again = evidence.shown[2].clone();
    again.at = 600;
    again.sending.may_repeat = may_repeat;
    evidence.shown.push(again);
}

#[test]
fn reply_is_shown_again_for_a_reason_only() {
    assert_eq!(broken(|evidence| again(evidence, true)), [Rule::Repeated]);
    let lost = |may_repeat: bool| {
        move |evidence: &mut Evidence| {
            again(evidence, may_repeat);
            evidence.events.remove(2);
        }
    };
    assert_eq!(broken(lost(true)), []);
    assert_eq!(broken(lost(false)), [Rule::Repeated]);
    let died = |worker: usize, at: u64| {
        move |evidence: &mut Evidence| {
            again(evidence, true);
            let died = Event::new(at, Some(worker), What::Died);
            evidence.events.push(died);
        }
    };
    assert_eq!(broken(died(1, 520)), []);
    assert_eq!(broken(died(1, 200)), [Rule::Repeated]);
    assert_eq!(broken(died(2, 520)), [Rule::Repeated]);
    let rejected_first = |evidence: &mut Evidence| {
        again(evidence, false);
        evidence.shown[2].rejected = true;
    };
    assert_eq!(broken(rejected_first), []);
}

#[test]
fn stopped_worker_may_repeat_without_a_word() {
    let stopped = |evidence: &mut Evidence| {
        again(evidence, false);
        evidence.shown[3].sending.worker = 2;
        for (at, what) in [(450, What::Stopped), (590, What::GoesOn)] {
            evidence.events.push(Event::new(at, Some(2), what));
        }
    };
    assert_eq!(broken(stopped), []);
}

#[test]
fn replies_are_first_shown_in_order() {
    let swapped = |evidence: &mut Evidence| evidence.shown[2].sending.reply.order = Some(1);
    assert_eq!(broken(swapped), [Rule::OutOfOrder]);
    let unordered = |evidence: &mut Evidence| evidence.shown[2].sending.reply.order = None;
    assert_eq!(broken(unordered), []);
}

#[test]
fn nothing_is_left_and_nothing_is_broken() {
    let left = |evidence: &mut Evidence| {
        let entry = ("ada".to_owned(), "a reply".to_owned());
        evidence.pending.push(entry);
    };
    assert_eq!(broken(left), [Rule::Pending]);
    for kind in [
        Kind::Panicked,
        Kind::Unreadable,
        Kind::NotMoved,
        Kind::LostCall,
    ] {
        let reported = |evidence: &mut Evidence| evidence.events.push(report(kind, None, None));
        assert_eq!(broken(reported), [Rule::Broken]);
    }
}

/// The commit of the confirmation was lost.
fn failed_over(evidence: &mut Evidence) {
    evidence.setup = Setup::Failover;
    evidence.applied.insert("m2".to_owned(), false);
    evidence
        .events
        .push(Event::new(700, None, What::FailedOver));
}

#[test]
fn failover_may_lose_a_commit_and_pays_once() {
    let lost = |evidence: &mut Evidence| {
        failed_over(evidence);
        evidence.shown.remove(2);
    };
    assert_eq!(broken(lost), []);
    let lost_before_it_was_paid = |evidence: &mut Evidence| {
        lost(evidence);
        evidence.paid.clear();
    };
    assert_eq!(broken(lost_before_it_was_paid), []);
    let paid_twice = |evidence: &mut Evidence| {
        lost(evidence);
        evidence.paid.push(paid(800, 5));
    };
    assert_eq!(broken(paid_twice), [Rule::PaidTwice]);
    let kept = |evidence: &mut Evidence| {
        lost(evidence);
        evidence.applied.insert("m2".to_owned(), true);
    };
    assert_eq!(broken(kept), [Rule::NotTold]);
    let decided_anew = |evidence: &mut Evidence| {
        kept(evidence);
        evidence.shown.push(shown(800, "m2", 1, Says::Hint));
    };
    assert_eq!(broken(decided_anew), []);
}
