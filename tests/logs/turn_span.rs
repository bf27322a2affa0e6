//! What the span of a turn says.

use harness::desk::{Desk, Manager, apply, message, user};
use harness::log::Log;
use harness::meddler::Meddler;
use vimbiso_state::Step;
use vimbiso_state::{MemoryStore, StateManager, Turn};

#[test]
fn every_turn_says_how_its_guess_did_and_what_it_cost() {
    let log = Log::default();
    log.capture_spans(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = MemoryStore::new();
            let (ours, other) = (Manager::new(store.clone()), Manager::new(store.clone()));
            let off: Manager = StateManager::builder(store).session_cache(0).build().unwrap();
            for (manager, id) in [(&ours, "1"), (&ours, "2"), (&other, "3"), (&ours, "4"), (&ours, "4"), (&off, "5")] {
                let labelled = |turn: &mut Turn<Desk>| {
                    turn.label("a_handler");
                    apply(id)(turn)
                };
                let _ = manager.handle(&user(1), &message(id), labelled).await.unwrap();
            }
            // One more waits behind a turn whose store never answers.
            let stuck = Manager::new(Meddler::new(MemoryStore::new(), |_| std::future::pending()));
            let (user, first, second) = (user(1), message("6"), message("7"));
            tokio::select! {
                _ = stuck.handle(&user, &first, apply("6")) => unreachable!("the store never answers"),
                waited = async {
                    tokio::task::yield_now().await;
                    stuck.handle(&user, &second, apply("7")).await
                } => assert!(waited.is_err()),
            }
        });
    });
    let log = log.text();
    let closed: Vec<_> = log
        .lines()
        .filter(|line| line.contains(": close "))
        .collect();
    let said = |field: &str| -> Vec<_> {
        let value = |line: &&str| {
            line.split(&format!(" {field}="))
                .nth(1)?
                .split([' ', '}'])
                .next()
                .map(str::to_owned)
        };
        closed
            .iter()
            .map(|line| value(line).unwrap_or_default())
            .collect()
    };
    for field in [
        "opening",
        "stage_to",
        "version",
        "outcome",
        "guess",
        "attempts",
        "round_trips",
    ] {
        assert!(
            closed
                .iter()
                .all(|line| line.matches(&format!(" {field}=")).count() <= 1),
            "{field} twice: {log}"
        );
    }
    assert_eq!(
        said("guess"),
        [
            r#""miss""#,
            r#""hit""#,
            r#""miss""#,
            r#""stale""#,
            r#""miss""#,
            "",
            "",
            r#""miss""#
        ]
    );
    assert_eq!(said("round_trips"), ["2", "1", "2", "2", "1", "2", "0", ""]);
    let labels = said("update_from");
    assert_eq!(labels[..4], [r#""a_handler""#; 4], "{log}");
    assert!(
        !log.contains("Setting current stage"),
        "none of them moved: {log}"
    );
    let outcomes = [
        "committed",
        "committed",
        "committed",
        "committed",
        "duplicate",
        "committed",
        "contended",
    ];
    assert_eq!(
        said("outcome")[..7],
        outcomes.map(|outcome| format!("{outcome:?}"))
    );
}
