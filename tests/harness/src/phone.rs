//! The users' phones: what they show, and how their channel fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};
use vimbiso_state::bot::{Bot, BotBuilder, Channel, Delivered, Inbound, Outgoing, Report, Sent};
use vimbiso_state::store::{Outbox, OutboxStore};
use vimbiso_state::{Error, MemoryStore, MessageId, StateManager, StateStore, UserId};

use crate::bank::Bank;
use crate::desk::user;
use crate::transfer::{Reply, Transfer};

#[derive(Debug, Clone, Default)]
pub struct Phone(Arc<Mutex<Screen>>);

#[derive(Debug, Default)]
pub struct Screen {
    pub shown: Vec<(UserId, Reply)>,
    /// Whether each may be a repeat, as the bot said.
    pub may_repeat: Vec<bool>,
    /// What the channel answers next, and whether it shows the reply nevertheless.
    pub next: Vec<(Sent, bool)>,
    /// How long each send takes, before anything is shown.
    pub takes: Duration,
    /// What `was_sent` answers.
    pub was_sent: Option<bool>,
    pub panics: u32,
}

impl Phone {
    pub fn screen(&self) -> MutexGuard<'_, Screen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn texts(&self) -> Vec<String> {
        let screen = self.screen();
        let shown = screen.shown.iter();
        shown.map(|(_, reply)| reply.text.clone()).collect()
    }

    /// What this user was shown.
    pub fn texts_of(&self, user: &UserId) -> Vec<String> {
        let screen = self.screen();
        let shown = screen.shown.iter().filter(|(to, _)| to == user);
        shown.map(|(_, reply)| reply.text.clone()).collect()
    }

    /// The button of the last question.
    pub fn yes(&self) -> String {
        let screen = self.screen();
        let mut shown = screen.shown.iter().rev();
        shown.find_map(|(_, reply)| reply.yes.clone()).unwrap()
    }
}

#[async_trait]
impl Channel<Transfer> for Phone {
    async fn send(&self, outgoing: &Outgoing<Transfer>) -> Sent {
        let (takes, next) = {
            let mut screen = self.screen();
            if screen.panics > 0 {
                screen.panics -= 1;
                drop(screen);
                panic!("as the test asks");
            }
            let next = (!screen.next.is_empty()).then(|| screen.next.remove(0));
            (screen.takes, next)
        };
        // As over a network, it never answers at once.
        yield_now().await;
        sleep(takes).await;
        let (sent, shows) = next.unwrap_or((Sent::Sent, true));
        if shows {
            let mut screen = self.screen();
            let shown = (outgoing.user.clone(), outgoing.reply.clone());
            screen.shown.push(shown);
            screen.may_repeat.push(outgoing.may_repeat);
        }
        sent
    }

    async fn was_sent(&self, _: &Outgoing<Transfer>) -> Option<bool> {
        self.screen().was_sent
    }
}

/// A user with a phone, who writes to a bot.
#[derive(Debug, Clone)]
pub struct Talk {
    pub store: MemoryStore,
    pub bank: Bank,
    pub phone: Phone,
    pub user: UserId,
    pub bot: Bot<Transfer>,
    pub reports: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    #[allow(clippy::new_without_default)] // one way to begin a talk is enough
    pub fn new() -> Self {
        Self::with(|bot| bot)
    }

    pub fn with(settings: impl Fn(BotBuilder<Transfer>) -> BotBuilder<Transfer>) -> Self {
        let store = MemoryStore::new();
        Self::on(store.clone(), &store, settings)
    }

    /// The bot works on `bots`, which keeps its users in `store`.
    pub fn on(
        store: MemoryStore,
        bots: &(impl StateStore + Clone + 'static),
        settings: impl Fn(BotBuilder<Transfer>) -> BotBuilder<Transfer>,
    ) -> Self {
        let bank = Bank::default();
        let phone = Phone::default();
        let reports = Arc::default();
        let bot = bot(bots, &bank, &phone, &reports, settings);
        Self {
            store,
            bank,
            phone,
            user: user(1),
            bot,
            reports,
        }
    }

    /// Another process with the same store, bank and phone.
    pub fn another_bot(&self) -> Bot<Transfer> {
        self.another_bot_with(|bot| bot)
    }

    pub fn another_bot_with(
        &self,
        settings: impl Fn(BotBuilder<Transfer>) -> BotBuilder<Transfer>,
    ) -> Bot<Transfer> {
        bot(
            &self.store,
            &self.bank,
            &self.phone,
            &self.reports,
            settings,
        )
    }

    pub fn inbound(&self, id: &str, text: &str) -> Inbound<String> {
        let message = MessageId::new(id).unwrap();
        Inbound::new(self.user.clone(), message, text.to_owned())
    }

    pub async fn try_say(&self, id: &str, text: &str) -> Result<Delivered, Error> {
        self.bot.handle(self.inbound(id, text)).await
    }

    /// Says something, and waits until the bot has nothing left to do.
    pub async fn say(&self, id: &str, text: &str) -> Delivered {
        let delivered = self.try_say(id, text).await.unwrap();
        self.idle().await;
        delivered
    }

    pub async fn idle(&self) {
        let idle = self.bot.until_idle(&self.user, Duration::from_secs(120));
        let idle = idle.await.unwrap();
        assert!(idle, "{:?} {:?}", self.outbox().await, self.reports());
    }

    pub async fn outbox(&self) -> Outbox {
        self.store.read(&self.user, Instant::now()).await.unwrap()
    }

    pub fn reports(&self) -> Vec<String> {
        self.reports.lock().unwrap().clone()
    }
}

pub fn bot(
    store: &(impl StateStore + Clone + 'static),
    bank: &Bank,
    phone: &Phone,
    reports: &Arc<Mutex<Vec<String>>>,
    settings: impl Fn(BotBuilder<Transfer>) -> BotBuilder<Transfer>,
) -> Bot<Transfer> {
    let manager = StateManager::new(store.clone());
    let reports = Arc::clone(reports);
    let builder = Bot::builder(manager, bank.clone())
        .channel(phone.clone())
        .on_report(move |report: &Report| reports.lock().unwrap().push(report.to_string()));
    settings(builder).build().unwrap()
}
