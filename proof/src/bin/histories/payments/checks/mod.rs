//! What must hold at the end of a history.

mod excuses;
mod payments;
mod replies;

use std::collections::BTreeSet;

use super::history::Evidence;

/// A promise, by how it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    PaidTwice,
    PaidUnconfirmed,
    PaidUnseen,
    PaidOther,
    NotPaid,
    NotTold,
    ToldWrong,
    Unanswered,
    Repeated,
    OutOfOrder,
    Lost,
    NotTaken,
    Pending,
    Broken,
}

impl Rule {
    pub const ALL: [Self; 14] = [
        Self::PaidTwice,
        Self::PaidUnconfirmed,
        Self::PaidUnseen,
        Self::PaidOther,
        Self::NotPaid,
        Self::NotTold,
        Self::ToldWrong,
        Self::Unanswered,
        Self::Repeated,
        Self::OutOfOrder,
        Self::Lost,
        Self::NotTaken,
        Self::Pending,
        Self::Broken,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::PaidTwice => "paid twice",
            Self::PaidUnconfirmed => "paid without a confirmation",
            Self::PaidUnseen => "paid before it was asked",
            Self::PaidOther => "paid another amount",
            Self::NotPaid => "neither paid nor given up",
            Self::NotTold => "paid and not told",
            Self::ToldWrong => "told what is not true",
            Self::Unanswered => "message without a reply",
            Self::Repeated => "shown again without a reason",
            Self::OutOfOrder => "shown out of order",
            Self::Lost => "acknowledged and lost",
            Self::NotTaken => "never taken",
            Self::Pending => "left pending",
            Self::Broken => "broken",
        }
    }
}

/// A broken promise.
#[derive(Debug, Clone)]
pub struct Violation {
    pub rule: Rule,
    pub user: String,
    pub text: String,
}

/// All broken promises of a history.
pub fn check(evidence: &Evidence) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut found = |rule, user: &str, text: String| {
        violations.push(Violation {
            rule,
            user: user.to_owned(),
            text,
        });
    };
    payments::check(evidence, &mut found);
    replies::check(evidence, &mut found);
    for (user, entry) in &evidence.pending {
        found(Rule::Pending, user, entry.clone());
    }
    violations
}

/// The users of a history.
fn users(evidence: &Evidence) -> BTreeSet<&str> {
    let sent = evidence.sent.iter();
    sent.map(|sent| sent.message.user.as_str()).collect()
}
