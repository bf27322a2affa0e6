//! The store fails while the outcome of a call is recorded.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::hooked::{Call, Hook, Hooked};
use tokio::time::Instant;
use vimbiso_state::bot::{Bot, Inbound};
use vimbiso_state::{CommitId, MemoryStore, MessageId, StoreError, UserId};

use crate::bank::Bank;
use crate::phone::{Phone, bot};
use crate::transfer::Transfer;

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

/// A payment whose conclusion fails, and what became of it.
struct Paid {
    bank: Bank,
    phone: Phone,
    reports: Vec<String>,
    took: Duration,
}

async fn pay(times: u32, is_applied: bool) -> Paid {
    let fails = Fails {
        times,
        is_applied,
        commits: Arc::default(),
    };
    let store = Hooked::new(MemoryStore::new(), fails);
    let bank = Bank::default();
    let phone = Phone::default();
    let reports: Arc<Mutex<Vec<String>>> = Arc::default();
    let bot: Bot<Transfer> = bot(&store, &bank, &phone, &reports, |bot| bot);
    let user = UserId::new("263771234567").unwrap();
    let started = Instant::now();
    for (id, text) in [("m1", "5"), ("m2", "1")] {
        let message = MessageId::new(id).unwrap();
        let inbound = Inbound::new(user.clone(), message, text.to_owned());
        bot.handle(inbound).await.unwrap();
        let idle = bot.until_idle(&user, Duration::from_secs(60)).await;
        assert!(idle.unwrap(), "{id}");
    }
    let reports = reports.lock().unwrap().clone();
    Paid {
        bank,
        phone,
        reports,
        took: started.elapsed(),
    }
}

#[tokio::test(start_paused = true)]
async fn known_outcome_outlives_a_failing_store() {
    let paid = pay(3, false).await;
    assert_eq!(paid.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    let bank = paid.bank.state();
    assert_eq!((bank.performed, bank.asked), (1, 0), "it has said so once");
    let failed = "recording the outcome of a call failed: ";
    assert_eq!(paid.reports.len(), 3, "{:?}", paid.reports);
    assert!(paid.reports.iter().all(|report| report.starts_with(failed)));
}

#[tokio::test(start_paused = true)]
async fn outcome_whose_commit_is_unanswered_is_told_soon() {
    let paid = pay(1, true).await;
    assert_eq!(paid.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    assert!(paid.took < Duration::from_secs(5), "{:?}", paid.took);
    // It was recorded by this worker, so it did not come late.
    assert_eq!(paid.reports.len(), 1, "{:?}", paid.reports);
    assert_eq!(paid.bank.state().asked, 0);
}
