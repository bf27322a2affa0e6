//! The suite can fail: stores that break one promise each, and the behaviour that notices.

mod commits;
mod flawed;
mod flaws;
mod loads;
mod tokens;

use std::collections::BTreeSet;

use flawed::{Bench, Flawed};
use flaws::{FLAWS, Flaw};
use vimbiso_state::store::conformance::{self, BEHAVIOURS, Capability, GUARANTEES};

const ALL: &[Capability] = &[
    Capability::PausedClock,
    Capability::Corruption,
    Capability::Stall,
    Capability::LittleRoom,
];

fn with(flaw: Flaw) -> Bench {
    Bench(Flawed::with(flaw))
}

/// The behaviours that a store with this flaw does not show.
fn broken_by(flaw: Flaw) -> BTreeSet<&'static str> {
    let report = conformance::run(async move || with(flaw), ALL);
    assert_eq!(report.untried().count(), 0);
    report
        .broken()
        .map(|(behaviour, _)| behaviour.name)
        .collect()
}

#[test]
fn the_store_without_a_flaw_keeps_the_whole_contract() {
    let report = conformance::run(async || with(Flaw::None), ALL);
    assert!(
        report.is_kept() && report.untried().count() == 0,
        "{report}"
    );
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
fn every_behaviour_is_there_for_some_flaw() {
    let noticed: BTreeSet<_> = FLAWS.iter().map(|(_, by)| *by).collect();
    let known: BTreeSet<_> = BEHAVIOURS.iter().map(|behaviour| behaviour.name).collect();
    assert_eq!(noticed, known);
}

#[test]
fn every_guarantee_of_the_contract_has_its_behaviours() {
    let contract = include_str!("../../../src/store/mod.rs");
    for (number, guarantee) in (1..).zip(GUARANTEES) {
        assert!(
            contract.contains(&format!("/// {number}. **{guarantee}")),
            "guarantee {number} reads otherwise"
        );
        assert!(
            BEHAVIOURS
                .iter()
                .any(|behaviour| behaviour.proves.contains(&number)),
            "nothing proves guarantee {number}"
        );
    }
    let last = GUARANTEES.len();
    assert!(
        !contract.contains(&format!("/// {}. **", last + 1)),
        "the contract has more than {last} guarantees"
    );
    assert!(BEHAVIOURS.iter().all(|behaviour| {
        behaviour
            .proves
            .iter()
            .all(|number| (1..=last).contains(number))
    }));
}

#[test]
fn a_violation_names_the_behaviour_and_the_guarantee() {
    let behaviour = "a_stale_commit_is_refused_with_the_session_as_it_is";
    let told = conformance::prove(behaviour, async || with(Flaw::LastWriteWins), ALL)
        .unwrap_err()
        .to_string();
    assert!(
        told.contains(behaviour)
            && told.contains("   4. A commit applies to what it was decided on."),
        "{told}"
    );
}

#[test]
fn a_report_says_what_was_seen() {
    let report = conformance::run(async || with(Flaw::EveryoneWins), ALL).to_string();
    let told =
        "BROKEN   a_claim_has_one_owner [11]\n         of 16 owners who claim at once 16 won\n";
    assert!(report.contains(told), "{report}");
}

/// On a real clock, where a call takes two thirds of the life that a session is given at first.
#[test]
fn slow_store_passes_and_wrong_store_fails() {
    let behaviour = "a_commit_slides_the_expiry";
    assert_eq!(
        conformance::prove(behaviour, async || with(Flaw::Slow), &[]),
        Ok(())
    );
    assert!(conformance::prove(behaviour, async || with(Flaw::NeverSlides), &[]).is_err());
}

#[test]
fn panic_or_hang_is_broken_and_the_rest_still_runs() {
    for flaw in [Flaw::Panics, Flaw::Hangs] {
        let broken = broken_by(flaw);
        assert!(
            broken.contains("a_claim_has_one_owner") && !broken.contains("a_new_user_has_nothing"),
            "{broken:?}"
        );
    }
}

#[test]
fn missing_capability_is_untried_and_named() {
    let report = conformance::run(async || with(Flaw::None), &[Capability::PausedClock]);
    let untried: BTreeSet<_> = report
        .untried()
        .filter_map(|behaviour| behaviour.needs)
        .map(|need| need.to_string())
        .collect();
    assert_eq!(
        untried,
        ["Corruption", "LittleRoom", "Stall"]
            .map(str::to_owned)
            .into()
    );
    assert!(
        report.to_string().contains(
            "untried  a_full_store_refuses_and_drops_nothing [15], for want of LittleRoom"
        )
    );
    let why = conformance::prove(
        "a_full_store_refuses_and_drops_nothing",
        async || with(Flaw::None),
        &[],
    )
    .unwrap_err();
    assert!(why.to_string().contains("for want of LittleRoom"), "{why}");
}
