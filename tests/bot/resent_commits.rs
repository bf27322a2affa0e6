//! Commits whose answer was lost: they are sent again, and answered with the lanes of that time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::hooked::{Call, Hook, Hooked};
use tokio::time::sleep;
use vimbiso_state::bot::{Bot, Inbound};
use vimbiso_state::store::OutboxChanges;
use vimbiso_state::{MemoryStore, MessageId, StoreError, UserId};

use crate::bank::Bank;
use crate::phone::{Phone, bot};
use crate::transfer::Transfer;

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

/// A bot over a store that loses answers, and what it shows and reports.
struct Lossy {
    bot: Bot<Transfer>,
    phone: Phone,
    reports: Arc<Mutex<Vec<String>>>,
}

impl Lossy {
    /// The bot works for so many users at a time; another process does the rest.
    fn new(loses: Loses, workers: usize) -> Self {
        let memory = MemoryStore::new();
        let store = Hooked::new(memory.clone(), loses);
        let bank = Bank::default();
        let phone = Phone::default();
        phone.screen().takes = Duration::from_secs(1);
        let reports = Arc::default();
        let other = bot(&memory, &bank, &phone, &reports, |bot| bot);
        tokio::spawn(other.work());
        let bot = bot(&store, &bank, &phone, &reports, |bot| bot.workers(workers));
        Self {
            bot,
            phone,
            reports,
        }
    }

    async fn say(&self, user: &str, id: &str, text: &str) {
        let user = UserId::new(user).unwrap();
        let message = MessageId::new(id).unwrap();
        let inbound = Inbound::new(user, message, text.to_owned());
        self.bot.handle(inbound).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn resent_conclusion_is_told_once() {
    let loses = Loses {
        of: |changes| changes.concludes.is_some(),
        after: Duration::from_millis(1500),
    };
    let lossy = Lossy::new(loses, 64);
    lossy.say("ada", "m1", "700").await;
    sleep(Duration::from_secs(5)).await;
    lossy.say("ada", "m2", &lossy.phone.yes()).await;
    sleep(Duration::from_secs(20)).await;
    let shown = lossy.phone.texts();
    assert_eq!(shown, ["Send 700?", "Sending 700.", "Paid 700, receipt 1."]);
}

#[tokio::test(start_paused = true)]
async fn concluded_call_is_not_reported_as_lost() {
    let loses = Loses {
        of: |changes| changes.call.is_some(),
        after: Duration::from_millis(1800),
    };
    let lossy = Lossy::new(loses, 1);
    lossy.say("ada", "m1", "5").await;
    sleep(Duration::from_secs(5)).await;
    let yes = lossy.phone.yes();
    // Its only worker is busy with another user, so the other process makes the call.
    lossy.say("ben", "m1", "hi").await;
    lossy.say("ada", "m2", &yes).await;
    sleep(Duration::from_secs(20)).await;
    let shown = lossy.phone.texts();
    assert_eq!(shown, ["Send 5?", "You said hi.", "Paid 5, receipt 1."]);
    assert_eq!(*lossy.reports.lock().unwrap(), [""; 0]);
}
