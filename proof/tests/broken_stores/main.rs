//! The conformance suite can fail: stores that break one promise each, and the behaviour that
//! notices.

mod commits;
mod contracts;
mod flaws;
mod loads;
mod outbox;
mod store;
mod tokens;

use std::collections::BTreeSet;

use contracts::Bench;
use flaws::Flaw;
use store::Flawed;
use vimbiso_state::store::conformance::{
    self, BEHAVIOURS, Capability, Contract, GUARANTEES, Outcome,
};

const ALL: &[Capability] = &[
    Capability::Tokens,
    Capability::Outbox,
    Capability::PausedClock,
    Capability::Corruption,
    Capability::Stall,
    Capability::LittleRoom,
];

/// All but one.
fn without(left_out: Capability) -> Vec<Capability> {
    let all = ALL.iter().copied();
    all.filter(|capability| *capability != left_out).collect()
}

fn with(flaw: Flaw) -> Bench {
    Bench(Flawed::with(flaw))
}

/// The behaviours that a store with this flaw does not have.
fn broken_by(flaw: Flaw) -> BTreeSet<&'static str> {
    let report = conformance::run(async move || with(flaw), ALL);
    assert_eq!(report.ignored().count(), 0);
    report
        .broken()
        .map(|(behaviour, _)| behaviour.name)
        .collect()
}

#[test]
fn store_without_a_flaw_keeps_every_contract() {
    let report = conformance::run(async || with(Flaw::None), ALL);
    assert!(
        report.is_kept() && report.ignored().count() == 0,
        "{report}"
    );
}

#[test]
fn every_flaw_is_noticed_by_its_behaviour() {
    let missed: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = flaws::all()
            .map(|(flaw, by)| (flaw, by, scope.spawn(move || broken_by(flaw))))
            .collect();
        let runs = runs
            .into_iter()
            .map(|(flaw, by, run)| (flaw, by, run.join().unwrap()));
        runs.filter(|(_, by, broken)| !broken.contains(*by))
            .map(|(flaw, by, broken)| format!("{flaw:?} by {by}: {broken:?}"))
            .collect()
    });
    assert!(missed.is_empty(), "not noticed:\n{}", missed.join("\n"));
    let mut stores: Vec<_> = flaws::all().map(|(flaw, _)| flaw).collect();
    stores.dedup();
    println!("{} broken stores, each noticed", stores.len());
}

#[test]
fn every_behaviour_notices_a_flaw() {
    let noticed: BTreeSet<_> = flaws::all().map(|(_, by)| by).collect();
    let known: BTreeSet<_> = BEHAVIOURS.iter().map(|behaviour| behaviour.name).collect();
    assert_eq!(noticed, known);
}

#[test]
fn every_guarantee_has_its_behaviours() {
    for (contract, text) in [
        (
            Contract::StateStore,
            include_str!("../../../src/store/state_store.rs"),
        ),
        (
            Contract::TokenStore,
            include_str!("../../../src/store/token_store.rs"),
        ),
        (
            Contract::OutboxStore,
            include_str!("../../../src/store/outbox/outbox_store.rs"),
        ),
    ] {
        let guarantees = || {
            GUARANTEES
                .iter()
                .filter(|(guarantee, _)| guarantee.contract == contract)
        };
        for (number, (guarantee, summary)) in (1..).zip(guarantees()) {
            assert_eq!(guarantee.number, number);
            assert!(
                text.contains(&format!("/// {number}. **{summary}")),
                "{guarantee} reads otherwise in the contract"
            );
            assert!(
                BEHAVIOURS
                    .iter()
                    .any(|behaviour| behaviour.guarantees.contains(guarantee)),
                "no behaviour checks {guarantee}"
            );
        }
        let last = guarantees().count();
        assert!(
            last > 0 && !text.contains(&format!("/// {}. **", last + 1)),
            "the contract {contract:?} has more than {last} guarantees"
        );
    }
    assert!(BEHAVIOURS.iter().all(|behaviour| {
        behaviour
            .guarantees
            .iter()
            .all(|cited| GUARANTEES.iter().any(|(guarantee, _)| guarantee == cited))
    }));
}

#[test]
fn violation_names_the_behaviour_and_the_guarantee() {
    let behaviour = "stale_commit_is_refused_with_the_session";
    let message = conformance::run_one(behaviour, async || with(Flaw::LastWriteWins), ALL)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains(behaviour)
            && message.contains("    StateStore 4. A commit has a precondition."),
        "{message}"
    );
}

#[test]
fn report_says_what_the_store_did() {
    let report = conformance::run(async || with(Flaw::EveryoneAcquires), ALL).to_string();
    let line = "BROKEN   refresh_lease_has_one_holder [TokenStore 3]\n         \
                of 16 requests for the lease at once, 16 acquired it\n";
    assert!(report.contains(line), "{report}");
}

/// On a real clock, with a call that takes two thirds of the life that a session gets at first.
#[test]
fn slow_store_passes_and_wrong_store_fails() {
    let behaviour = "commit_prolongs_the_session";
    let can = [Capability::Tokens, Capability::Outbox];
    assert_eq!(
        conformance::run_one(behaviour, async || with(Flaw::Slow), &can),
        Ok(())
    );
    assert!(conformance::run_one(behaviour, async || with(Flaw::NeverSlides), &can).is_err());
}

#[test]
fn panic_or_hang_is_broken_and_the_rest_still_runs() {
    for flaw in [Flaw::Panics, Flaw::Hangs] {
        let broken = broken_by(flaw);
        assert!(
            broken.contains("refresh_lease_has_one_holder")
                && !broken.contains("new_user_has_no_session"),
            "{broken:?}"
        );
    }
}

#[test]
fn missing_capability_is_reported_as_ignored() {
    let can = [
        Capability::Tokens,
        Capability::Outbox,
        Capability::PausedClock,
    ];
    let report = conformance::run(async || with(Flaw::None), &can);
    let needed: BTreeSet<_> = report
        .outcomes()
        .filter_map(|(_, outcome)| match outcome {
            Outcome::Ignored(need) => Some(need.to_string()),
            Outcome::Kept | Outcome::Broken(_) => None,
        })
        .collect();
    assert_eq!(
        needed,
        ["Corruption", "LittleRoom", "Stall"]
            .map(str::to_owned)
            .into()
    );
    let behaviour = "full_store_refuses_and_drops_nothing";
    let line = format!("ignored  {behaviour} [StateStore 12], needs LittleRoom");
    assert!(report.to_string().contains(&line), "{report}");
    let why = conformance::run_one(behaviour, async || with(Flaw::None), &can).unwrap_err();
    assert!(
        why.to_string().contains("needs the capability LittleRoom"),
        "{why}"
    );
}

/// The contracts of what a store may leave out, and stores that do.
const OPTIONAL: [(Contract, Capability, Flaw); 2] = [
    (Contract::TokenStore, Capability::Tokens, Flaw::NoTokens),
    (Contract::OutboxStore, Capability::Outbox, Flaw::NoOutboxes),
];

#[test]
fn behaviour_of_an_optional_contract_needs_it() {
    for (contract, capability, _) in OPTIONAL {
        for behaviour in BEHAVIOURS {
            let mut guarantees = behaviour.guarantees.iter();
            let cites_it = guarantees.any(|cited| cited.contract == contract);
            assert!(
                !cites_it || behaviour.needs.contains(&capability),
                "{behaviour} passes without {capability}"
            );
        }
    }
}

#[test]
fn store_without_a_contract_has_its_behaviours_ignored() {
    for (_, capability, flaw) in OPTIONAL {
        let report = conformance::run(async move || with(flaw), &without(capability));
        assert!(report.is_kept(), "{report}");
        let ignored: BTreeSet<_> = report.ignored().map(|behaviour| behaviour.name).collect();
        let need_it = BEHAVIOURS
            .iter()
            .filter(|behaviour| behaviour.needs.contains(&capability))
            .map(|behaviour| behaviour.name);
        assert_eq!(ignored, need_it.collect());
    }
}

#[test]
fn declared_contract_that_is_missing_breaks_everything() {
    for (_, _, flaw) in OPTIONAL {
        let report = conformance::run(async move || with(flaw), ALL);
        assert_eq!(report.broken().count(), BEHAVIOURS.len(), "{report}");
    }
}

#[test]
fn name_of_a_behaviour_is_short() {
    for behaviour in BEHAVIOURS {
        assert!(behaviour.name.len() <= 50, "{behaviour}");
    }
}

#[test]
fn undeclared_contract_breaks_every_behaviour() {
    for (_, capability, _) in OPTIONAL {
        let report = conformance::run(async || with(Flaw::None), &without(capability));
        assert!(report.broken().count() > 0);
        assert_eq!(
            report.broken().count() + report.ignored().count(),
            BEHAVIOURS.len(),
            "{report}"
        );
    }
}
