//! The store fails while the outcome of a call is recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use harness::hooked::{Call, Hook, Hooked};
use harness::phone::Talk;
use tokio::time::Instant;
use vimbiso_state::{CommitId, MemoryStore, StoreError, UserId};

/// The commit after a question and a *yes*.
const CONCLUSION: u32 = 3;

/// Fails from the conclusion on, so many times.
#[derive(Clone)]
struct Fails {
    times: u32,
    /// Whether the commits that fail are carried out.
    is_applied: bool,
    commits: Arc<AtomicU32>,
}

impl Fails {
    fn fails(&self, call: Call) -> bool {
        let failing = CONCLUSION..CONCLUSION + self.times;
        call == Call::CommitWith && failing.contains(&self.commits.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Hook for Fails {
    async fn before(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        if call == Call::CommitWith {
            self.commits.fetch_add(1, Ordering::SeqCst);
        }
        match self.fails(call) && !self.is_applied {
            true => Err(StoreError::unavailable("as the test asks")),
            false => Ok(()),
        }
    }

    async fn after(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        match self.fails(call) && self.is_applied {
            true => Err(StoreError::unknown(CommitId::random())),
            false => Ok(()),
        }
    }
}

/// Pays, though the conclusion fails. Returns how long that took.
async fn pay(times: u32, is_applied: bool) -> (Talk, Duration) {
    let fails = Fails {
        times,
        is_applied,
        commits: Arc::default(),
    };
    let store = MemoryStore::new();
    let talk = Talk::on(store.clone(), &Hooked::new(store, fails), |bot| bot);
    let started = Instant::now();
    talk.say("m1", "5").await;
    talk.say("m2", "1").await;
    (talk, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn known_outcome_outlives_a_failing_store() {
    let (talk, _) = pay(3, false).await;
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    let bank = talk.bank.state();
    assert_eq!((bank.performed, bank.asked), (1, 0), "it has said so once");
    let failed = "recording the outcome of a call failed: ";
    let reports = talk.reports();
    assert_eq!(reports.len(), 3, "{reports:?}");
    assert!(reports.iter().all(|report| report.starts_with(failed)));
}

#[tokio::test(start_paused = true)]
async fn outcome_whose_commit_is_unanswered_is_told_soon() {
    let (talk, took) = pay(1, true).await;
    assert_eq!(talk.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    assert!(took < Duration::from_secs(5), "{took:?}");
    // It was recorded by this worker, so it did not come late.
    let reports = talk.reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(talk.bank.state().asked, 0);
}
