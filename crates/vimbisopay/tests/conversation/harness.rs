//! A user who talks to the bot.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use vimbiso_state::bot::{self, BotBuilder, Channel, Delivered, Inbound, Outgoing, Sent};
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Error, MemoryStore, MessageId, StateStore, UserId};
use vimbisopay::{ApiService, Bot, BotFlow, CachedUser, Data, Reply, StateManager, Turn};

use crate::accounts_api::{FakeApi, World};

/// What the user reads in answer to a message, as if it were one reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub reply: Reply,
    pub duplicate: bool,
}

impl Answer {
    pub fn of(answer: bot::Answer<Reply>) -> Self {
        let texts: Vec<_> = answer.replies.iter().map(|reply| &*reply.text).collect();
        let replies = answer.replies.iter();
        let entries = replies.clone().flat_map(|reply| reply.entries.clone());
        let buttons = replies.flat_map(|reply| reply.buttons.clone());
        Self {
            reply: Reply {
                text: texts.join("\n\n"),
                entries: entries.collect(),
                buttons: buttons.collect(),
                is_replaceable: false,
            },
            duplicate: answer.duplicate,
        }
    }
}

/// A conversation of one user with the bot.
pub struct Talk {
    pub store: Arc<dyn StateStore>,
    pub manager: StateManager,
    pub bot: Bot,
    pub user: UserId,
    api: FakeApi,
    messages: u32,
}

impl Talk {
    /// A member with one account of the basic tier, two offers and three pages of transactions.
    pub fn of_member() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// The same member, with the sessions in this store.
    pub fn on(store: Arc<dyn StateStore>) -> Self {
        let api = FakeApi::new(World::of_member());
        let manager = StateManager::new(store.clone());
        let bot = Bot::builder(manager.clone(), ApiService::new(Arc::new(api.clone())));
        Self {
            store,
            manager,
            bot: bot.build().unwrap(),
            user: UserId::new("263771234567").unwrap(),
            api,
            messages: 0,
        }
    }

    pub fn of_visitor() -> Self {
        let talk = Self::of_member();
        talk.world().dashboard = None;
        talk
    }

    /// The same member, after these messages.
    pub async fn after(said: &[&str]) -> Self {
        let mut talk = Self::of_member();
        talk.say_all(said).await;
        talk
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.api.world()
    }

    /// How many calls were made, and how many took effect.
    pub fn counts(&self) -> (usize, usize) {
        let world = self.world();
        (world.calls.len(), world.effects.len())
    }

    /// Sends a text as a new message, and returns the text of the reply.
    pub async fn say(&mut self, text: &str) -> String {
        self.messages += 1;
        let id = format!("m{}", self.messages);
        self.deliver(&id, text).await.reply.text
    }

    pub async fn say_all(&mut self, said: &[&str]) {
        for text in said {
            self.say(text).await;
        }
    }

    pub async fn deliver(&self, id: &str, text: &str) -> Answer {
        let message = MessageId::new(id).unwrap();
        Answer::of(self.bot.answer(self.inbound(message, text)).await.unwrap())
    }

    /// Hands a message to a bot that sends its replies.
    pub async fn hand_over(&self, id: &str, text: &str) {
        let message = MessageId::new(id).unwrap();
        let handled = self.bot.handle(self.inbound(message, text)).await;
        assert_eq!(handled.unwrap(), Delivered::First);
    }

    pub fn inbound(&self, message: MessageId, text: &str) -> Inbound<String> {
        Inbound::new(self.user.clone(), message, text.to_owned())
    }

    /// The bot of another process, with the same store and API.
    pub fn another_bot(&self) -> BotBuilder<BotFlow> {
        let manager = StateManager::new(self.store.clone());
        Bot::builder(manager, ApiService::new(Arc::new(self.api.clone())))
    }

    /// Does what is due, as another process would, until this test is over.
    pub fn work(&self) {
        tokio::spawn(self.another_bot().build().unwrap().work());
    }

    /// Whether a call is pending.
    pub async fn is_pending(&self) -> bool {
        self.cached().await.pending_call().is_some()
    }

    pub async fn cached(&self) -> CachedUser {
        self.manager.load(&self.user).await.unwrap()
    }

    /// The stage and the option of the session.
    pub async fn at(&self) -> (Stage, Option<Choice>) {
        let user = self.cached().await;
        (user.state().stage(), user.state().option())
    }

    pub async fn data(&self) -> Data {
        self.cached().await.data().clone()
    }

    /// Changes the session outside any message, as a support tool may.
    pub async fn support(&self, change: impl Fn(&mut Turn) -> Result<(), Error> + Send) {
        let updated = self.manager.update_state(&self.user, "support", change);
        let _ = updated.await.unwrap();
    }

    /// Moves the session to a stage outside any message. The option stays.
    pub async fn support_moves_to(&self, stage: Stage) {
        self.support(|turn| {
            let option = turn.option();
            Ok(turn.transition_to(stage, option)?)
        })
        .await;
    }

    pub async fn revision(&self) -> u64 {
        self.cached()
            .await
            .version()
            .map_or(0, |version| version.revision)
    }
}

pub const MENU: (Stage, Option<Choice>) = (Stage::Menu, Some(Choice::Menu));

/// A channel that keeps what it has sent.
#[derive(Clone, Default)]
pub struct Phone(Arc<Mutex<Vec<Reply>>>);

impl Phone {
    /// Removes what was sent, and returns it.
    pub fn take(&self) -> Vec<Reply> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub fn texts(&self) -> Vec<String> {
        let replies = self.0.lock().unwrap();
        replies.iter().map(|reply| reply.text.clone()).collect()
    }
}

#[async_trait]
impl Channel<BotFlow> for Phone {
    async fn send(&self, outgoing: &Outgoing<BotFlow>) -> Sent {
        self.0.lock().unwrap().push(outgoing.reply.clone());
        Sent::Sent
    }
}
