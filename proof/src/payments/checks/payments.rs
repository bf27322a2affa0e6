//! Payments: each confirmed question is paid once or visibly given up, and told.

use std::collections::BTreeSet;

use super::Rule;
use crate::payments::Setup;
use crate::payments::event::{Kind, What};
use crate::payments::evidence::{Evidence, Paid, Shown};
use crate::payments::shop::{Fate, Says};

/// All that is known of one question.
struct Question<'a> {
    evidence: &'a Evidence,
    user: &'a str,
    id: &'a str,
    paid: Vec<&'a Paid>,
    shown: Vec<&'a Shown>,
}

pub fn check(evidence: &Evidence, found: &mut impl FnMut(Rule, &str, String)) {
    for user in super::users(evidence) {
        let paid = evidence.paid.iter().filter(|paid| paid.user == user);
        let paid = paid.map(|paid| paid.payment.question.as_str());
        let shown = evidence.shown.iter();
        let shown = shown.filter(|shown| shown.sending.user == user);
        let asked = shown.filter_map(|shown| shown.sending.reply.says.question());
        let questions: BTreeSet<_> = paid.chain(asked).collect();
        for id in questions {
            let question = Question::of(evidence, user, id);
            question.check(&mut |rule, text| found(rule, user, text));
        }
    }
}

impl<'a> Question<'a> {
    fn of(evidence: &'a Evidence, user: &'a str, id: &'a str) -> Self {
        let is_paid = |paid: &&Paid| paid.user == user && paid.payment.question == id;
        let is_shown = |shown: &&Shown| {
            shown.sending.user == user && shown.sending.reply.says.question() == Some(id)
        };
        Self {
            evidence,
            user,
            id,
            paid: evidence.paid.iter().filter(is_paid).collect(),
            shown: evidence.shown.iter().filter(is_shown).collect(),
        }
    }

    fn check(&self, found: &mut dyn FnMut(Rule, String)) {
        let Self { evidence, id, .. } = self;
        let times = self.paid.len();
        if times > 1 {
            found(Rule::PaidTwice, format!("question {id}: {times} times"));
        }
        let asked_at = self.asked_at();
        for paid in &self.paid {
            if asked_at.is_none_or(|asked_at| paid.at < asked_at) {
                found(Rule::PaidUnseen, format!("question {id}"));
            }
            let asked = self.amounts();
            let amount = paid.payment.amount;
            if !asked.contains(&amount) {
                let text = format!("question {id}: {amount} was paid, {asked:?} was asked");
                found(Rule::PaidOther, text);
            }
        }
        let is_confirmed = match evidence.setup {
            // The commit may be lost; then its confirmation counts.
            Setup::Failover => self.is_confirmed() || self.was_answered(),
            _ => self.is_confirmed(),
        };
        if times > 0 && !is_confirmed {
            found(Rule::PaidUnconfirmed, format!("question {id}"));
        }
        let fates = self.fates();
        let no_payment = fates
            .iter()
            .any(|fate| matches!(fate, Fate::Refused | Fate::NotMade));
        // After a failover has lost an outcome, the same call may be given up.
        let may_be_given_up = evidence.setup == Setup::Failover;
        let certain = |fate: &&Fate| !may_be_given_up || **fate != Fate::GivenUp;
        if no_payment && times > 0
            || fates.contains(&Fate::Paid) && times == 0
            || fates.iter().filter(certain).count() > 1
        {
            found(
                Rule::ToldWrong,
                format!("question {id}: paid {times} times, told {fates:?}"),
            );
        }
        // What a failover has taken back is neither.
        if !self.is_confirmed_for_good() {
            return;
        }
        if times == 0 && fates.is_empty() {
            found(Rule::NotPaid, format!("question {id}"));
        }
        if times > 0 && !self.is_told() {
            found(Rule::NotTold, format!("question {id}"));
        }
    }

    /// When the question was first shown, or rejected.
    fn asked_at(&self) -> Option<u64> {
        let asks = |shown: &&&Shown| matches!(shown.sending.reply.says, Says::Confirm { .. });
        self.shown.iter().find(asks).map(|shown| shown.at)
    }

    /// The amounts for which the question was asked. None if it was never shown.
    fn amounts(&self) -> Vec<u32> {
        let says = self.shown.iter().map(|shown| &shown.sending.reply.says);
        let amount = |says: &Says| match says {
            Says::Confirm { amount, .. } => Some(*amount),
            _ => None,
        };
        says.filter_map(amount).collect()
    }

    /// The replies that came with a confirmation, also if they were rejected.
    fn confirmations(&self) -> impl Iterator<Item = &&Shown> {
        let is_it = |shown: &&&Shown| matches!(shown.sending.reply.says, Says::Paying { .. });
        self.shown.iter().filter(is_it)
    }

    fn is_confirmed(&self) -> bool {
        self.confirmations().next().is_some()
    }

    /// Whether a confirmation is known to the store at the end. After a failover has lost it, a
    /// second delivery of the message may have led to something else.
    fn is_confirmed_for_good(&self) -> bool {
        let Evidence {
            setup,
            shown,
            applied,
            ..
        } = self.evidence;
        self.confirmations().any(|confirmation| {
            let id = &confirmation.sending.id;
            let last = shown.iter().rfind(|shown| shown.sending.id == *id);
            let says = last.map(|last| &last.sending.reply.says);
            *setup != Setup::Failover
                || applied.get(id) == Some(&true) && matches!(says, Some(Says::Paying { .. }))
        })
    }

    /// Whether the user has answered it with yes.
    fn was_answered(&self) -> bool {
        let button = format!("yes~{}", self.id);
        self.evidence.sent.iter().any(|sent| {
            let text = &sent.message.text;
            sent.message.user == self.user && (*text == button || text == "yes")
        })
    }

    fn fates(&self) -> BTreeSet<Fate> {
        let says = self.shown.iter().map(|shown| &shown.sending.reply.says);
        let fate = |says: &Says| match says {
            Says::Told { fate, .. } => Some(*fate),
            _ => None,
        };
        says.filter_map(fate).collect()
    }

    /// Whether the outcome was shown, or the operator knows that it was not.
    fn is_told(&self) -> bool {
        let told = |shown: &&&Shown| matches!(shown.sending.reply.says, Says::Told { .. });
        let mut outcomes = self.shown.iter().filter(told);
        outcomes.any(|shown| !shown.rejected || self.is_reported(Kind::Rejected, &shown.sending.id))
            || self
                .paid
                .iter()
                .any(|paid| self.is_reported(Kind::LateOutcome, &paid.key))
    }

    /// Whether a bot has reported this of a reply or a call.
    fn is_reported(&self, of: Kind, id: &str) -> bool {
        self.evidence.events.iter().any(|event| match &event.what {
            What::Reported {
                kind, key, reply, ..
            } => {
                *kind == of
                    && [key, reply]
                        .iter()
                        .any(|named| named.as_deref() == Some(id))
            }
            _ => false,
        })
    }
}
