//! What must hold at the end of a history.

mod excuses;
mod payments;
mod replies;

use std::collections::BTreeSet;

use super::evidence::Evidence;

/// A promise, by how it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A question was paid more than once.
    PaidTwice,
    /// A question was paid that was not confirmed.
    PaidUnconfirmed,
    /// A question was paid before it was on the screen.
    PaidUnseen,
    /// Another amount was paid than was asked.
    PaidOther,
    /// A confirmed question was neither paid nor given up.
    NotPaid,
    /// A payment was neither told nor reported.
    NotTold,
    /// What the user was told is not what the ledger says, or not always the same.
    ToldWrong,
    /// A message that was acknowledged has no reply.
    Unanswered,
    /// A reply was shown again without a reason, or without being marked.
    Repeated,
    /// Replies were first shown in another order than that of their commits.
    OutOfOrder,
    /// A commit that was acknowledged is gone.
    Lost,
    /// No worker has taken a message.
    NotTaken,
    /// An outbox still held something a minute after the last fault.
    Pending,
    /// The bot has reported what must not happen.
    Broken,
}

impl Rule {
    /// All promises.
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

    /// Its name in the table.
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
    /// Which promise.
    pub rule: Rule,
    /// To whom; empty if it concerns no single user.
    pub user: String,
    /// How.
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
