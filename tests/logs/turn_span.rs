//! What the span of a turn says: how the session was found, what became of the turn, what it cost.

use std::time::Duration;

use harness::desk::{Desk, Manager, apply, deliver, message, user};
use harness::hooks::Meddler;
use harness::log::Log;
use harness::records::{holding, record};
use tokio::time::{advance, timeout};
use vimbiso_state::{Error, MemoryStore, StateManager, Step, Turn};

use crate::paused_runtime;

/// The spans that were closed, one line each.
struct Spans(Vec<String>);

impl Spans {
    fn of(run: impl Future<Output = ()>) -> Self {
        let log = Log::default();
        log.capture_spans(|| paused_runtime().block_on(run));
        let text = log.text();
        let closed = text.lines().filter(|line| line.contains(": close "));
        let spans = Self(closed.map(str::to_owned).collect());
        spans.assert_each_field_is_written_once();
        spans
    }

    /// The values of a field, one for each span; empty if it was not written.
    fn field(&self, field: &str) -> Vec<&str> {
        let name = format!(" {field}=");
        let value = |line: &'_ String| -> Option<(usize, usize)> {
            let start = line.find(&name)? + name.len();
            let length = line[start..].find([' ', '}'])?;
            Some((start, start + length))
        };
        let lines = self.0.iter();
        let values = lines.map(|line| value(line).map_or("", |(start, end)| &line[start..end]));
        values.map(|value| value.trim_matches('"')).collect()
    }

    fn assert_each_field_is_written_once(&self) {
        for field in [
            "status",
            "stage_from",
            "stage_to",
            "version",
            "outcome",
            "cache",
            "attempts",
            "round_trips",
            "update_from",
        ] {
            let name = format!(" {field}=");
            for line in &self.0 {
                assert!(line.matches(&name).count() <= 1, "{field} twice: {line}");
            }
        }
    }
}

async fn labelled(manager: &Manager, id: &str) {
    let decide = |turn: &mut Turn<Desk>| {
        turn.label("a_handler");
        apply(id)(turn)
    };
    let handled = manager.handle(&user(1), &message(id), decide).await;
    let _ = handled.unwrap();
}

#[test]
fn span_says_how_the_cache_did_and_what_a_turn_cost() {
    let spans = Spans::of(async {
        let store = MemoryStore::new();
        let ours = Manager::new(store.clone());
        let other = Manager::new(store.clone());
        let off: Manager = StateManager::builder(store)
            .session_cache_bytes(0)
            .build()
            .unwrap();
        labelled(&ours, "1").await;
        labelled(&ours, "2").await;
        labelled(&other, "3").await;
        labelled(&ours, "4").await;
        labelled(&ours, "4").await;
        labelled(&off, "5").await;
    });
    let cache = spans.field("cache");
    assert_eq!(cache, ["miss", "hit", "miss", "stale", "miss", ""]);
    assert_eq!(spans.field("round_trips"), ["2", "1", "2", "2", "1", "2"]);
    assert_eq!(spans.field("attempts"), ["1", "1", "1", "2", "0", "1"]);
    let revisions = ["1", "2", "3", "4", "4", "5"];
    let versions = spans.field("version");
    for (version, revision) in versions.iter().zip(revisions) {
        assert!(version.starts_with(revision), "{version}");
    }
    assert_eq!(versions[3], versions[4], "that of the first delivery");
    let labels = spans.field("update_from");
    assert_eq!(labels[..4], ["a_handler"; 4]);
    let outcomes = spans.field("outcome");
    let duplicate = "duplicate";
    let committed = "committed";
    assert_eq!(outcomes[..4], [committed; 4]);
    assert_eq!(outcomes[4..], [duplicate, committed]);
}

#[test]
fn span_says_how_the_session_was_found() {
    let spans = Spans::of(async {
        let store = holding(record("gone", None, 1, "{}")).await;
        let manager = Manager::new(store);
        labelled(&manager, "1").await;
        labelled(&manager, "2").await;
        advance(Duration::from_secs(301)).await;
        labelled(&manager, "3").await;
        manager.delete(&user(1)).await.unwrap();
        labelled(&manager, "4").await;
    });
    let statuses = spans.field("status");
    assert_eq!(statuses, ["recovered", "active", "expired", "new"]);
}

#[test]
fn span_says_why_nothing_was_committed() {
    let spans = Spans::of(async {
        let manager = Manager::new(MemoryStore::new());
        let stop = |_: &mut Turn<Desk>| Ok(Step::Stop(()));
        let _ = manager.handle(&user(1), &message("1"), stop).await.unwrap();
        let fail = |_: &mut Turn<Desk>| -> Result<Step<()>, Error> { Err(Error::host("no")) };
        let failed = manager.handle(&user(1), &message("2"), fail).await;
        assert!(failed.is_err());
    });
    assert_eq!(spans.field("outcome"), ["stopped", "error"]);
    assert_eq!(spans.field("round_trips"), ["1", "1"]);
}

#[test]
fn span_of_a_turn_that_waited_in_vain_says_contended() {
    let spans = Spans::of(async {
        let stuck = Manager::new(Meddler::new(MemoryStore::new(), |_| std::future::pending()));
        let user = user(1);
        let first = deliver(&stuck, &user, "6");
        let id = message("7");
        let second = async {
            tokio::task::yield_now().await;
            stuck.handle(&user, &id, apply("7")).await
        };
        let first = timeout(Duration::from_secs(5), first);
        let (first, second) = tokio::join!(first, second);
        assert!(first.is_err(), "the store never answers");
        assert!(matches!(second, Err(Error::Contended { .. })));
    });
    assert_eq!(spans.field("outcome"), ["contended", ""]);
    assert_eq!(spans.field("round_trips"), ["0", ""]);
    assert_eq!(spans.field("cache"), ["", "miss"]);
}

#[test]
fn stage_is_logged_only_if_it_changed() {
    let log = Log::default();
    log.capture(|| {
        paused_runtime().block_on(async {
            let manager = Manager::new(MemoryStore::new());
            labelled(&manager, "1").await;
        });
    });
    let text = log.text();
    assert!(text.contains("Updating state"), "{text}");
    assert!(!text.contains("Setting current stage"), "{text}");
}
