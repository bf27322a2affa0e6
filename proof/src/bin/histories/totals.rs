//! The totals of all histories, as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proof::checker::{Kind, Violation, taken_back};
use proof::history::{History, Outcome, What};

#[derive(Debug, Default)]
pub struct Totals {
    pub histories: u64,
    pub acknowledged: u64,
    messages: u64,
    deliveries: u64,
    calls: BTreeMap<&'static str, u64>,
    faults: BTreeMap<&'static str, u64>,
    taken_back: u64,
    violations: BTreeMap<Kind, u64>,
}

impl Totals {
    pub fn add(&mut self, history: &History, violations: &[Violation]) {
        self.histories += 1;
        let whats = || history.events.iter().map(|event| &event.what);
        let count = |messages: BTreeSet<_>| messages.len() as u64;
        self.messages += count(whats().filter_map(What::message).collect());
        self.acknowledged += count(
            whats()
                .filter(|what| what.acknowledges())
                .filter_map(What::message)
                .collect(),
        );
        for what in whats() {
            self.deliveries += u64::from(matches!(what, What::Delivered { .. }));
            *self.calls.entry(call(what)).or_default() += 1;
        }
        for (name, times) in &history.faults {
            *self.faults.entry(name).or_default() += times;
        }
        self.taken_back += taken_back(history) as u64;
        for violation in violations {
            *self.violations.entry(violation.kind).or_default() += 1;
        }
    }
}

const CALLS: [&str; 8] = [
    "committed",
    "known again as duplicates",
    "unknown",
    "refused, nothing changed",
    "given up before",
    "failed",
    "resolved as applied",
    "resolved as given up",
];
const READS: &str = "reads";

fn call(what: &What) -> &'static str {
    match what {
        What::Delivered { outcome, .. } => match outcome {
            Outcome::Committed { .. } => CALLS[0],
            Outcome::Duplicate { .. } => CALLS[1],
            Outcome::Unknown => CALLS[2],
            Outcome::Refused => CALLS[3],
            Outcome::GivenUp => CALLS[4],
            Outcome::Failed(_) => CALLS[5],
        },
        What::Resolved {
            applied: Some(_), ..
        } => CALLS[6],
        What::Resolved { applied: None, .. } => CALLS[7],
        What::Read { .. } => READS,
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, number: u64| writeln!(f, "{name:<40}{number:>10}");
        row("histories", self.histories)?;
        row("messages", self.messages)?;
        row("  acknowledged", self.acknowledged)?;
        row("deliveries", self.deliveries)?;
        for name in CALLS {
            let number = self.calls.get(name).copied().unwrap_or(0);
            row(
                &if name.starts_with("resolved") {
                    name.to_owned()
                } else {
                    format!("  {name}")
                },
                number,
            )?;
        }
        row(READS, self.calls.get(READS).copied().unwrap_or(0))?;
        row("faults", self.faults.values().sum())?;
        for (name, times) in &self.faults {
            row(&format!("  {name}"), *times)?;
        }
        if self.taken_back > 0 {
            row("acknowledged, then gone with the server", self.taken_back)?;
        }
        for kind in Kind::ALL {
            row(
                kind.name(),
                self.violations.get(&kind).copied().unwrap_or(0),
            )?;
        }
        Ok(())
    }
}
