//! Replies: each message is taken and answered, each reply is shown once, and in order.

use std::collections::BTreeMap;

use super::Rule;
use super::excuses::Excuses;
use crate::payments::Setup;
use crate::payments::event::{Kind, What};
use crate::payments::evidence::{Evidence, Shown};

pub fn check(evidence: &Evidence, found: &mut impl FnMut(Rule, &str, String)) {
    let mut by_id = BTreeMap::<&str, Vec<&Shown>>::new();
    for shown in &evidence.shown {
        by_id.entry(&shown.sending.id).or_default().push(shown);
    }
    check_messages(evidence, &by_id, found);
    check_repeats(evidence, &by_id, found);
    if evidence.setup != Setup::Failover {
        check_order(evidence, found);
    }
    for event in &evidence.events {
        if let What::Reported {
            kind, user, text, ..
        } = &event.what
            && is_broken(*kind)
        {
            let user = user.as_deref().unwrap_or_default();
            found(Rule::Broken, user, text.clone());
        }
    }
}

/// Whether a bot must not report this.
fn is_broken(kind: Kind) -> bool {
    match kind {
        Kind::Panicked | Kind::Unreadable | Kind::NotMoved | Kind::LostCall => true,
        Kind::Rejected | Kind::GivenUp | Kind::LateOutcome | Kind::Failed => false,
    }
}

fn check_messages(
    evidence: &Evidence,
    by_id: &BTreeMap<&str, Vec<&Shown>>,
    found: &mut impl FnMut(Rule, &str, String),
) {
    for sent in &evidence.sent {
        let message = &sent.message;
        let text = format!("message {} ({})", message.id, message.text);
        if sent.acknowledged.is_none() {
            found(Rule::NotTaken, &message.user, text);
            continue;
        }
        let is_applied = evidence.applied.get(&sent.commit_id) == Some(&true);
        if !is_applied && evidence.setup == Setup::Failover {
            continue;
        }
        if !is_applied {
            found(Rule::Lost, &message.user, text.clone());
        }
        if !by_id.contains_key(sent.commit_id.as_str()) {
            found(Rule::Unanswered, &message.user, text);
        }
    }
}

fn check_repeats(
    evidence: &Evidence,
    by_id: &BTreeMap<&str, Vec<&Shown>>,
    found: &mut impl FnMut(Rule, &str, String),
) {
    let excuses = Excuses::of(&evidence.events);
    for all in by_id.values() {
        let on_screen: Vec<_> = all.iter().filter(|shown| !shown.rejected).collect();
        for pair in on_screen.windows(2) {
            let [before, again] = pair else { continue };
            let sending = &again.sending;
            let says = &sending.reply.says;
            if !excuses.excuse(before, again) {
                let text = format!("{says:?} {}", sending.id);
                found(Rule::Repeated, &sending.user, text);
            } else if !sending.may_repeat
                && !excuses.was_stopped(again)
                && !excuses.was_taken_back(before, again)
            {
                let text = format!("without a word of it: {says:?} {}", sending.id);
                found(Rule::Repeated, &sending.user, text);
            }
        }
    }
}

/// Replies are first shown in the order of their commits.
fn check_order(evidence: &Evidence, found: &mut impl FnMut(Rule, &str, String)) {
    for user in super::users(evidence) {
        let mut last = None;
        let mut seen = Vec::new();
        for shown in &evidence.shown {
            let sending = &shown.sending;
            if sending.user != user || seen.contains(&&sending.id) {
                continue;
            }
            seen.push(&sending.id);
            let Some(order) = sending.reply.order else {
                continue;
            };
            if last.is_some_and(|last| order <= last) {
                let text = format!("{:?}: {order} behind {last:?}", sending.reply.says);
                found(Rule::OutOfOrder, user, text);
            }
            last = last.max(Some(order));
        }
    }
}
