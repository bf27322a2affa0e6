//! A user, the bot, and an API whose behaviour the test sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use vimbiso_state::vimbisopay::{Account, Choice, Member, Stage};
use vimbiso_state::{CommitId, Error, MemoryStore, MessageId, StateStore, UserId};
use vimbisopay::{
    Answer, Api, ApiCall, ApiError, Bot, CachedUser, Dashboard, Data, NotificationSettings,
    Outcome, Party, PendingOffer, Receipt, Side, StateManager, Transaction, Turn,
};

/// What `perform` does with a call.
#[derive(Clone)]
pub enum Behaviour {
    Accepts,
    Refuses(&'static str),
    Down,
    /// The call takes effect, and its answer is lost.
    LosesTheAnswer,
    /// The call takes effect, and `perform` never returns.
    Hangs,
}

pub struct World {
    pub dashboard: Option<Dashboard>,
    pub parties: Vec<Party>,
    pub offers: Vec<PendingOffer>,
    pub pages: Vec<Vec<Transaction>>,
    pub authorized: Vec<Party>,
    pub behaviour: Behaviour,
    pub reads_fail: bool,
    /// Every call that was made, with its key.
    pub calls: Vec<(CommitId, ApiCall)>,
    /// Every call that took effect.
    pub effects: Vec<ApiCall>,
    /// The result of each call by its key.
    pub done: HashMap<CommitId, Result<Receipt, String>>,
}

#[derive(Clone)]
pub struct FakeApi(Arc<Mutex<World>>);

impl FakeApi {
    fn read(&self) -> Result<MutexGuard<'_, World>, ApiError> {
        let world = self.0.lock().unwrap();
        if world.reads_fail {
            Err(ApiError::Unavailable)
        } else {
            Ok(world)
        }
    }
}

#[async_trait]
impl Api for FakeApi {
    async fn dashboard(&self, _: &UserId) -> Result<Option<Dashboard>, ApiError> {
        Ok(self.read()?.dashboard.clone())
    }

    async fn find_account(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self
            .read()?
            .parties
            .iter()
            .find(|party| party.handle == handle)
            .cloned())
    }

    async fn find_member(&self, user: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        self.find_account(user, handle).await
    }

    async fn offers(&self, _: &UserId, _: &str, _: Side) -> Result<Vec<PendingOffer>, ApiError> {
        Ok(self.read()?.offers.clone())
    }

    async fn transactions(
        &self,
        _: &UserId,
        _: &str,
        page: u32,
    ) -> Result<Vec<Transaction>, ApiError> {
        Ok(self
            .read()?
            .pages
            .get(page as usize - 1)
            .cloned()
            .unwrap_or_default())
    }

    async fn authorized_members(&self, _: &UserId, _: &str) -> Result<Vec<Party>, ApiError> {
        Ok(self.read()?.authorized.clone())
    }

    async fn notifications(&self, _: &UserId, _: &str) -> Result<NotificationSettings, ApiError> {
        Ok(NotificationSettings {
            candidates: self.read()?.parties.clone(),
            current: None,
        })
    }

    async fn outcome(&self, _: &UserId, key: CommitId) -> Result<Outcome, ApiError> {
        Ok(match self.read()?.done.get(&key) {
            Some(Ok(receipt)) => Outcome::Done {
                message: receipt.message.clone(),
            },
            Some(Err(reason)) => Outcome::Refused {
                reason: reason.clone(),
            },
            None => Outcome::NotFound,
        })
    }

    async fn perform(
        &self,
        _: &UserId,
        key: CommitId,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError> {
        let (behaviour, done) = {
            let mut world = self.0.lock().unwrap();
            world.calls.push((key, call.clone()));
            let behaviour = world.behaviour.clone();
            if matches!(behaviour, Behaviour::Down) {
                return Err(ApiError::Unavailable);
            }
            if !world.done.contains_key(&key) {
                let done = match behaviour {
                    Behaviour::Refuses(reason) => Err(reason.to_owned()),
                    _ => Ok(world.carry_out(call)),
                };
                world.done.insert(key, done);
            }
            (behaviour, world.done[&key].clone())
        };
        match behaviour {
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::LosesTheAnswer => Err(ApiError::Unavailable),
            _ => done.map_err(ApiError::refused),
        }
    }
}

impl World {
    fn carry_out(&mut self, call: &ApiCall) -> Receipt {
        self.effects.push(call.clone());
        if let ApiCall::CreateBusinessAccount { name, .. } = call {
            let accounts = &mut self.dashboard.get_or_insert_default().accounts;
            accounts.push(account(&format!("a{}", accounts.len() + 1), name, true));
        }
        let dashboard = self
            .dashboard
            .get_or_insert_with(|| dashboard(&[("a1", "Personal")]))
            .clone();
        Receipt {
            message: format!("done {}", self.effects.len()),
            dashboard,
        }
    }
}

pub fn party(id: &str, handle: &str) -> Party {
    Party {
        id: id.into(),
        handle: handle.into(),
        name: handle.to_uppercase(),
    }
}

pub fn account(id: &str, name: &str, owned: bool) -> Account {
    Account {
        account_id: id.into(),
        account_name: Some(name.to_owned()),
        account_handle: Some(name.to_lowercase()),
        is_owned_account: Some(owned),
        ..Account::default()
    }
}

pub fn dashboard(accounts: &[(&str, &str)]) -> Dashboard {
    let member = Member {
        member_id: "11111111-1111-4111-8111-111111111111".into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        ..Member::default()
    };
    Dashboard {
        member,
        accounts: accounts
            .iter()
            .map(|(id, name)| account(id, name, false))
            .collect(),
    }
}

pub fn offer(id: &str) -> PendingOffer {
    PendingOffer {
        id: id.into(),
        amount: "5.00 USD".into(),
        counterparty: party("p1", "grace"),
        secured: true,
        due: None,
    }
}

fn transaction(id: &str) -> Transaction {
    let date = "2026-01-31".parse().unwrap();
    Transaction {
        id: id.into(),
        amount: "1.00 USD".into(),
        counterparty: party("p1", "grace"),
        date,
        memo: Some(format!("memo of {id}")),
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
        let world = World {
            dashboard: Some(dashboard(&[("a1", "Personal")])),
            parties: vec![party("p1", "grace"), party("p2", "alan")],
            offers: vec![offer("o1"), offer("o2")],
            pages: vec![
                vec![transaction("t1"), transaction("t2")],
                vec![transaction("t3")],
                vec![transaction("t4")],
            ],
            authorized: vec![party("p3", "joan")],
            behaviour: Behaviour::Accepts,
            reads_fail: false,
            calls: vec![],
            effects: vec![],
            done: HashMap::new(),
        };
        let api = FakeApi(Arc::new(Mutex::new(world)));
        let manager = StateManager::new(store.clone());
        let bot = Bot::new(manager.clone(), Arc::new(api.clone()));
        Self {
            store,
            manager,
            bot,
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
        self.api.0.lock().unwrap()
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
        self.bot
            .answer(&self.user, &MessageId::new(id).unwrap(), text)
            .await
            .unwrap()
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
