//! The totals of all histories, as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use proof::payments::checks::{Rule, Violation};
use proof::payments::event::{Kind, What};
use proof::payments::evidence::Evidence;
use proof::payments::shop::{Fate, Says};

#[derive(Debug, Default)]
pub struct Totals {
    pub histories: u64,
    pub payments: u64,
    rows: BTreeMap<&'static str, u64>,
    faults: BTreeMap<String, u64>,
    violations: BTreeMap<Rule, u64>,
    longest: Duration,
}

impl Totals {
    pub fn add(&mut self, evidence: &Evidence, violations: &[Violation]) {
        self.histories += 1;
        self.payments += evidence.paid.len() as u64;
        self.longest = self.longest.max(evidence.quiet_after);
        let sent = &evidence.sent;
        let acknowledged = sent.iter().filter(|sent| sent.acknowledged.is_some());
        self.count("messages", sent.len());
        self.count("acknowledged", acknowledged.count());
        let deliveries = sent.iter().map(|sent| sent.deliveries as usize).sum();
        self.count("deliveries", deliveries);
        let mut questions = BTreeMap::<_, BTreeSet<_>>::new();
        let mut replies = BTreeSet::new();
        for shown in &evidence.shown {
            let sending = &shown.sending;
            replies.insert(&sending.id);
            let is = match &sending.reply.says {
                Says::Paying { .. } => "confirmed",
                Says::Told { fate, .. } => fate_name(*fate),
                Says::StillPending { .. } => "told that one is pending",
                Says::Reminder => "reminded",
                Says::Expired => "told of the expiry",
                Says::Confirm { .. } | Says::Hint => "other replies",
            };
            questions.entry(is).or_default().insert(&sending.id);
        }
        for (name, ids) in questions {
            self.count(name, ids.len());
        }
        self.count("paid", evidence.paid.len());
        self.count("replies", replies.len());
        self.count("shown again", evidence.shown.len() - replies.len());
        for event in &evidence.events {
            let name = match &event.what {
                What::Died if event.worker.is_none() => "servers killed".to_owned(),
                What::Died => "workers ended".to_owned(),
                What::Stopped => "workers stopped".to_owned(),
                What::Reached(point, _) => format!("at a point: {}", point.name()),
                What::FailedOver => "failovers".to_owned(),
                What::Reported { kind, .. } => {
                    let row = match kind {
                        Kind::LateOutcome => "reported: late outcome",
                        Kind::Rejected => "reported: rejected",
                        Kind::GivenUp => "reported: given up",
                        _ => "reported: others",
                    };
                    self.count(row, 1);
                    continue;
                }
                What::Answered { .. } | What::GoesOn | What::ServerBack => continue,
            };
            *self.faults.entry(name).or_default() += 1;
        }
        for (name, times) in &evidence.mishaps {
            *self.faults.entry((*name).to_owned()).or_default() += times;
        }
        for violation in violations {
            *self.violations.entry(violation.rule).or_default() += 1;
        }
    }

    fn count(&mut self, row: &'static str, number: usize) {
        *self.rows.entry(row).or_default() += number as u64;
    }
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Paid => "told paid",
        Fate::Refused => "told refused",
        Fate::NotMade => "told not made",
        Fate::GivenUp => "told given up",
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, number: u64| writeln!(f, "{name:<40}{number:>10}");
        row("histories", self.histories)?;
        for (name, number) in &self.rows {
            row(name, *number)?;
        }
        row("faults", self.faults.values().sum())?;
        for (name, times) in &self.faults {
            row(&format!("  {name}"), *times)?;
        }
        row(
            "longest time until quiet, ms",
            self.longest.as_millis() as u64,
        )?;
        for rule in Rule::ALL {
            row(
                rule.name(),
                self.violations.get(&rule).copied().unwrap_or(0),
            )?;
        }
        Ok(())
    }
}
