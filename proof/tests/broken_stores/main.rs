//! The conformance suite can fail: each store here breaks one promise, and a behaviour notices.

mod commits;
mod deletes;
mod flaw;
mod flawed;
mod loads;
mod tokens;

use std::collections::BTreeSet;

use flaw::{FLAWS, Flaw};
use flawed::{Flawed, Testbed};
use vimbiso_state::store::conformance::{
    self, BEHAVIOURS, Behaviour, Capability, Contract, GUARANTEES, Guarantee,
};

const ALL: &[Capability] = &[
    Capability::Tokens,
    Capability::PausedClock,
    Capability::Corruption,
    Capability::Stall,
    Capability::LittleRoom,
];

fn with(flaw: Flaw) -> Testbed {
    Testbed(Flawed::with(flaw))
}

/// The behaviours that a store with this flaw does not have.
fn broken_by(flaw: Flaw) -> BTreeSet<&'static str> {
    let report = conformance::run(async move || with(flaw), ALL);
    assert_eq!(report.ignored().count(), 0);
    let broken = report.broken();
    broken.map(|(behaviour, _)| behaviour.name).collect()
}

#[test]
fn store_without_a_flaw_keeps_both_contracts() {
    let report = conformance::run(async || with(Flaw::None), ALL);
    assert!(report.is_kept(), "{report}");
    assert_eq!(report.ignored().count(), 0);
}

#[test]
fn every_flaw_is_noticed_by_its_behaviour() {
    let missed: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = FLAWS
            .iter()
            .map(|(flaw, by)| (flaw, by, scope.spawn(move || broken_by(*flaw))))
            .collect();
        let runs = runs
            .into_iter()
            .map(|(flaw, by, run)| (flaw, by, run.join().unwrap()));
        runs.filter(|(_, by, broken)| !broken.contains(**by))
            .map(|(flaw, by, broken)| format!("{flaw:?} by {by}: {broken:?}"))
            .collect()
    });
    assert!(missed.is_empty(), "not noticed:\n{}", missed.join("\n"));
}

#[test]
fn every_behaviour_notices_some_flaw() {
    let noticed: BTreeSet<_> = FLAWS.iter().map(|(_, by)| *by).collect();
    let known: BTreeSet<_> = BEHAVIOURS.iter().map(|behaviour| behaviour.name).collect();
    assert_eq!(noticed, known);
}

#[test]
fn every_guarantee_of_both_contracts_has_behaviours() {
    let documents = [
        (
            Contract::StateStore,
            include_str!("../../../src/store/state_store.rs"),
        ),
        (
            Contract::TokenStore,
            include_str!("../../../src/store/token_store.rs"),
        ),
    ];
    let mut known = BTreeSet::new();
    for (contract, document) in documents {
        let numbered = numbered_guarantees(document);
        assert!(!numbered.is_empty(), "{contract:?}");
        for (number, text) in (1..).zip(&numbered) {
            let guarantee = Guarantee { contract, number };
            let listed = GUARANTEES.iter().find(|(listed, _)| *listed == guarantee);
            assert_eq!(listed.map(|(_, text)| *text), Some(text.as_str()));
            known.insert(guarantee);
        }
    }
    assert_eq!(GUARANTEES.len(), known.len());
    let tested: BTreeSet<_> = BEHAVIOURS
        .iter()
        .flat_map(|behaviour| behaviour.guarantees)
        .copied()
        .collect();
    assert_eq!(tested, known);
}

/// The bold texts of the numbered list in the documentation, in order.
fn numbered_guarantees(document: &str) -> Vec<String> {
    let lines = document.lines();
    let text: Vec<_> = lines.filter_map(|line| line.strip_prefix("/// ")).collect();
    let text = text.join("\n");
    let mut found = Vec::new();
    while let Some(start) = text.find(&format!("\n{}. **", found.len() + 1)) {
        let (_, guarantee) = text[start..].split_once("**").unwrap();
        let (guarantee, _) = guarantee.split_once("**").unwrap();
        let words: Vec<_> = guarantee.split_whitespace().collect();
        found.push(words.join(" "));
    }
    found
}

#[test]
fn behaviour_of_a_token_contract_needs_tokens() {
    let cites_tokens = |behaviour: &&Behaviour| {
        let mut guarantees = behaviour.guarantees.iter();
        guarantees.any(|guarantee| guarantee.contract == Contract::TokenStore)
    };
    for behaviour in BEHAVIOURS.iter().filter(cites_tokens) {
        assert!(
            behaviour.needs.contains(&Capability::Tokens),
            "{behaviour} passes without tokens"
        );
    }
}

#[test]
fn name_of_a_behaviour_is_short() {
    for behaviour in BEHAVIOURS {
        assert!(behaviour.name.len() <= 50, "{behaviour}");
    }
}

#[test]
fn violation_names_the_behaviour_and_the_guarantee() {
    let behaviour = "stale_commit_is_refused_with_the_session";
    let violation = conformance::run_one(behaviour, async || with(Flaw::LastWriteWins), ALL);
    let text = violation.unwrap_err().to_string();
    assert!(text.contains(behaviour), "{text}");
    let guarantee = "    StateStore 4. A commit has a precondition.";
    assert!(text.contains(guarantee), "{text}");
}

#[test]
fn report_says_what_happened() {
    let report = conformance::run(async || with(Flaw::EveryoneAcquires), ALL).to_string();
    let expected = "BROKEN   refresh_lease_has_one_holder [TokenStore 3]\n         \
                    of 16 requests for the lease at once, 16 acquired it\n";
    assert!(report.contains(expected), "{report}");
}

/// On a real clock, with calls that take two thirds of the lifetime that a session has at first.
#[test]
fn slow_store_passes_and_wrong_store_fails() {
    let behaviour = "commit_prolongs_the_session";
    let can = [Capability::Tokens];
    let slow = conformance::run_one(behaviour, async || with(Flaw::Slow), &can);
    assert_eq!(slow, Ok(()));
    let wrong = conformance::run_one(behaviour, async || with(Flaw::CommitNeverProlongs), &can);
    assert!(wrong.is_err());
}

#[test]
fn panic_or_hang_breaks_a_behaviour_and_the_rest_runs() {
    for flaw in [Flaw::Panics, Flaw::Hangs] {
        let broken = broken_by(flaw);
        assert!(
            broken.contains("refresh_lease_has_one_holder"),
            "{broken:?}"
        );
        assert!(!broken.contains("new_user_has_no_session"), "{broken:?}");
    }
}

#[test]
fn missing_capability_is_reported_as_ignored() {
    let can = [Capability::Tokens, Capability::PausedClock];
    let report = conformance::run(async || with(Flaw::None), &can);
    let missing: BTreeSet<_> = report
        .ignored()
        .flat_map(|behaviour| behaviour.needs)
        .filter(|need| !can.contains(need))
        .map(Capability::to_string)
        .collect();
    let expected = ["Corruption", "LittleRoom", "Stall"].map(str::to_owned);
    assert_eq!(missing, expected.into());
    let behaviour = "full_store_refuses_and_drops_nothing";
    let line = format!("ignored  {behaviour} [StateStore 12], needs LittleRoom\n");
    assert!(report.to_string().contains(&line), "{report}");
    let violation = conformance::run_one(behaviour, async || with(Flaw::None), &can);
    let text = violation.unwrap_err().to_string();
    assert_eq!(text, format!("{behaviour} needs the capability LittleRoom"));
}

#[test]
fn store_without_tokens_is_reported_as_ignored() {
    let can = &ALL[1..];
    let report = conformance::run(async || with(Flaw::NoTokens), can);
    assert!(report.is_kept(), "{report}");
    let ignored: BTreeSet<_> = report.ignored().map(|behaviour| behaviour.name).collect();
    let need_tokens = BEHAVIOURS
        .iter()
        .filter(|behaviour| behaviour.needs.contains(&Capability::Tokens));
    assert_eq!(
        ignored,
        need_tokens.map(|behaviour| behaviour.name).collect()
    );
}

#[test]
fn undeclared_or_missing_tokens_break_every_behaviour() {
    for (flaw, can) in [(Flaw::None, &ALL[1..]), (Flaw::NoTokens, ALL)] {
        let report = conformance::run(async move || with(flaw), can);
        let tested = BEHAVIOURS.len() - report.ignored().count();
        assert_eq!(report.broken().count(), tested, "{report}");
    }
}
