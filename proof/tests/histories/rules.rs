//! Every rule of the checker, against a history that breaks that rule alone.

use std::time::Duration;

use proof::checker::{Kind, check, taken_back};
use proof::history::{Era, Event, History, Outcome, What};
use proof::list::Message;

fn message(number: u16) -> Message {
    Message { session: 0, number }
}

fn list(numbers: &[u16]) -> Vec<Message> {
    numbers.iter().map(|number| message(*number)).collect()
}

fn delivered(number: u16, outcome: Outcome) -> What {
    What::Delivered {
        message: message(number),
        outcome,
    }
}

fn committed(number: u16, on: &[u16]) -> What {
    delivered(number, Outcome::Committed { on: list(on) })
}

fn duplicate(number: u16, position: usize, now: &[u16]) -> What {
    delivered(
        number,
        Outcome::Duplicate {
            now: list(now),
            position: Some(position),
        },
    )
}

fn read(numbers: &[u16]) -> What {
    What::Read {
        session: 0,
        list: list(numbers),
    }
}

fn resolved(number: u16, applied: Option<u64>) -> What {
    What::Resolved {
        message: message(number),
        applied,
    }
}

fn millis(at: u64) -> Duration {
    Duration::from_millis(at)
}

/// One call after the other, ten milliseconds each, each answered at once.
fn events(whats: Vec<What>) -> Vec<Event> {
    let event = |(at, what): (u64, What)| Event {
        worker: 0,
        start: millis(10 * at),
        end: millis(10 * at + 5),
        what,
    };
    (1..).zip(whats).map(event).collect()
}

fn history(whats: Vec<What>, last: &[u16]) -> History {
    let era = Era {
        begins: millis(0),
        ends: Duration::MAX,
        first: vec![vec![]],
        last: vec![list(last)],
        copied: None,
    };
    History {
        seed: 1,
        events: events(whats),
        eras: vec![era],
        faults: vec![],
    }
}

/// The kinds of the violations, each once.
fn kinds(history: &History) -> Vec<Kind> {
    let mut kinds: Vec<_> = check(history)
        .iter()
        .map(|violation| violation.kind)
        .collect();
    kinds.dedup();
    kinds
}

fn assert_kinds(whats: Vec<What>, last: &[u16], expected: &[Kind]) {
    let history = history(whats, last);
    assert_eq!(kinds(&history), expected, "{:?}", check(&history));
}

#[test]
fn correct_history_has_no_violation() {
    let whats = vec![
        committed(1, &[]),
        read(&[1]),
        delivered(2, Outcome::Unknown),
        delivered(3, Outcome::Refused),
        committed(4, &[1, 2]),
        duplicate(1, 1, &[1, 2, 4]),
        resolved(2, Some(2)),
        delivered(5, Outcome::Unknown),
        resolved(5, None),
        delivered(5, Outcome::GivenUp),
    ];
    assert_kinds(whats, &[1, 2, 4], &[]);
}

#[test]
fn acknowledged_message_not_in_the_list_is_lost() {
    assert_kinds(vec![committed(1, &[])], &[], &[Kind::Lost]);
    assert_kinds(
        vec![committed(1, &[]), duplicate(2, 2, &[1])],
        &[1],
        &[Kind::Lost],
    );
    assert_kinds(
        vec![committed(1, &[]), resolved(2, Some(2))],
        &[1],
        &[Kind::Lost],
    );
}

#[test]
fn message_that_took_effect_twice_is_doubled() {
    let twice = vec![committed(1, &[]), delivered(1, Outcome::Unknown)];
    assert_kinds(twice, &[1, 1], &[Kind::Doubled]);
    assert!(
        kinds(&history(vec![committed(1, &[]), committed(1, &[])], &[1])).contains(&Kind::Doubled)
    );
}

#[test]
fn answer_older_than_what_was_known_is_stale() {
    assert_kinds(vec![committed(1, &[]), read(&[])], &[1], &[Kind::Stale]);
    assert_kinds(
        vec![committed(1, &[]), committed(2, &[1]), duplicate(1, 1, &[1])],
        &[1, 2],
        &[Kind::Stale],
    );
    assert_kinds(
        vec![delivered(1, Outcome::Unknown), read(&[1]), read(&[])],
        &[1],
        &[Kind::Stale],
    );
}

#[test]
fn read_begun_before_the_acknowledgement_may_be_old() {
    let mut history = history(vec![committed(1, &[]), read(&[])], &[1]);
    history.events[1].start = history.events[0].end;
    assert_eq!(kinds(&history), []);
}

#[test]
fn list_that_does_not_lead_to_the_last_is_forked() {
    let whats = vec![
        committed(1, &[]),
        delivered(2, Outcome::Unknown),
        read(&[2]),
    ];
    assert_kinds(whats, &[1, 2], &[Kind::Forked]);
    let whats = vec![
        delivered(1, Outcome::Unknown),
        delivered(2, Outcome::Unknown),
        committed(3, &[2]),
    ];
    assert_kinds(whats, &[1, 2, 3], &[Kind::Forked]);
}

#[test]
fn answer_that_contradicts_the_list_is_untrue() {
    let unknown = || delivered(1, Outcome::Unknown);
    assert_kinds(vec![unknown(), resolved(1, None)], &[1], &[Kind::Untrue]);
    assert_kinds(
        vec![unknown(), delivered(1, Outcome::GivenUp)],
        &[1],
        &[Kind::Untrue],
    );
    assert_kinds(vec![unknown(), resolved(1, Some(2))], &[1], &[Kind::Untrue]);
    assert_kinds(
        vec![unknown(), duplicate(1, 2, &[1])],
        &[1],
        &[Kind::Untrue],
    );
}

#[test]
fn message_never_sent_or_always_denied_is_unheard() {
    assert_kinds(vec![], &[1], &[Kind::Unheard]);
    assert_kinds(vec![delivered(1, Outcome::Refused)], &[1], &[Kind::Unheard]);
    let mut strange = history(vec![delivered(1, Outcome::Unknown)], &[1]);
    strange.eras[0].last[0][0].session = 1;
    assert_eq!(kinds(&strange), [Kind::Unheard]);
}

#[test]
fn unexpected_error_is_a_failure() {
    assert_kinds(
        vec![delivered(1, Outcome::Failed("corrupt".into()))],
        &[],
        &[Kind::Failed],
    );
}

/// Two messages, a server that comes back with `kept` from a copy taken after so many messages, and
/// a third message.
fn taken_after(copied: u64, kept: &[u16], third: What, last: &[u16]) -> History {
    let mut history = history(vec![committed(1, &[]), committed(2, &[1]), third], last);
    history.events[2].start = millis(100);
    history.events[2].end = millis(105);
    let before = vec![list(&[1, 2])];
    let after = vec![list(kept)];
    let lost = Era {
        begins: millis(0),
        ends: millis(50),
        first: vec![vec![]],
        last: before,
        copied: Some(millis(10 * copied + 7)),
    };
    history.eras[0] = Era {
        begins: millis(90),
        first: after,
        ..history.eras[0].clone()
    };
    history.eras.insert(0, lost);
    history
}

#[test]
fn messages_gone_with_the_server_are_only_counted() {
    let history = taken_after(1, &[1], committed(3, &[1]), &[1, 3]);
    assert_eq!((kinds(&history), taken_back(&history)), (vec![], 1));
}

#[test]
fn message_older_than_the_copy_must_come_back() {
    assert_eq!(
        kinds(&taken_after(2, &[1], committed(3, &[1]), &[1, 3])),
        [Kind::Lost]
    );
}

#[test]
fn lost_message_must_not_overwrite_later_ones() {
    // Decided on the lost branch, and written over the new one.
    assert_eq!(
        kinds(&taken_after(1, &[1], committed(3, &[1, 2]), &[1, 2, 3])),
        [Kind::Unheard]
    );
    assert!(kinds(&taken_after(1, &[1], committed(3, &[1]), &[1, 2])).contains(&Kind::Lost));
    assert!(kinds(&taken_after(1, &[1], read(&[1]), &[])).contains(&Kind::Forked));
    assert_eq!(kinds(&taken_after(1, &[1], read(&[]), &[1])), [Kind::Stale]);
}

#[test]
fn server_back_with_an_unknown_message_is_noticed() {
    assert!(kinds(&taken_after(0, &[2], read(&[2]), &[2])).contains(&Kind::Forked));
}

#[test]
fn call_during_an_outage_has_to_fit_one_side() {
    let straddling = |what: What, last: &[u16]| {
        let mut history = taken_after(1, &[1], what, last);
        history.events[2].start = millis(40);
        kinds(&history)
    };
    assert_eq!(
        straddling(read(&[1, 2]), &[1, 3]),
        [Kind::Unheard],
        "no worker sent 3"
    );
    assert_eq!(straddling(read(&[1, 2]), &[1]), []);
    assert_eq!(straddling(committed(3, &[1]), &[1, 3]), []);
    assert_eq!(straddling(read(&[1, 4]), &[1]), [Kind::Forked]);
    assert_eq!(straddling(committed(3, &[1]), &[1]), [Kind::Lost]);
}
