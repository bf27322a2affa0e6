//! Commits whose answer was lost: they are sent again, and answered with the lanes of that time.

use std::time::Duration;

use async_trait::async_trait;
use harness::desk::user;
use harness::hooked::{Call, Hook, Hooked};
use harness::phone::Talk;
use tokio::time::sleep;
use vimbiso_state::store::OutboxChanges;
use vimbiso_state::{MemoryStore, StoreError, UserId};

/// Loses the answer to each commit of one kind. It is sent again after this time.
#[derive(Clone)]
struct Loses {
    of: fn(&OutboxChanges<'_>) -> bool,
    after: Duration,
}

#[async_trait]
impl Hook for Loses {
    async fn before(&self, _: Call, _: &UserId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn loses_answer(&self, changes: &OutboxChanges<'_>) -> bool {
        let loses = (self.of)(changes);
        if loses {
            sleep(self.after).await;
        }
        loses
    }
}

/// A bot that works for so many users at a time, over a store that loses answers. Another process
/// does the rest.
fn lossy(loses: Loses, workers: usize) -> Talk {
    let memory = MemoryStore::new();
    let store = Hooked::new(memory.clone(), loses);
    let talk = Talk::on(memory, &store, |bot| bot.workers(workers));
    talk.phone.screen().takes = Duration::from_secs(1);
    tokio::spawn(talk.another_bot().work());
    talk
}

#[tokio::test(start_paused = true)]
async fn resent_conclusion_is_told_once() {
    let loses = Loses {
        of: |changes| changes.concludes.is_some(),
        after: Duration::from_millis(1500),
    };
    let talk = lossy(loses, 64);
    talk.try_say("m1", "700").await.unwrap();
    sleep(Duration::from_secs(5)).await;
    talk.try_say("m2", &talk.phone.yes()).await.unwrap();
    sleep(Duration::from_secs(20)).await;
    let shown = talk.phone.texts();
    assert_eq!(shown, ["Send 700?", "Sending 700.", "Paid 700, receipt 1."]);
}

#[tokio::test(start_paused = true)]
async fn concluded_call_is_not_reported_as_lost() {
    let loses = Loses {
        of: |changes| changes.call.is_some(),
        after: Duration::from_millis(1800),
    };
    let talk = lossy(loses, 1);
    talk.try_say("m1", "5").await.unwrap();
    sleep(Duration::from_secs(5)).await;
    let yes = talk.phone.yes();
    // Its only worker is busy with another user, so the other process makes the call.
    let mut other = talk.clone();
    other.user = user(2);
    other.try_say("m1", "hi").await.unwrap();
    talk.try_say("m2", &yes).await.unwrap();
    sleep(Duration::from_secs(20)).await;
    let shown = talk.phone.texts();
    assert_eq!(shown, ["Send 5?", "You said hi.", "Paid 5, receipt 1."]);
    assert_eq!(talk.reports(), [""; 0]);
}
