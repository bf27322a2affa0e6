//! An accounts API whose behaviour the test sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use vimbiso_state::UserId;
use vimbiso_state::bot::CallAnswer;
use vimbiso_state::id::CallKey;
use vimbiso_state::vimbisopay::{Account, Member};
use vimbisopay::{
    Api, ApiCall, ApiError, Dashboard, NotificationSettings, Party, PendingOffer, Receipt, Side,
    Transaction,
};

/// What `perform` does with a call.
#[derive(Clone)]
pub enum Behaviour {
    Accepts,
    Refuses(&'static str),
    Down,
    /// The call takes effect, and its answer is lost.
    LosesTheAnswer,
    /// The call takes effect, and `perform` returns after this time.
    Takes(Duration),
    /// The call takes effect, and `perform` never returns.
    Hangs,
    HangsBeforeTheEffect,
}

pub struct World {
    pub dashboard: Option<Dashboard>,
    pub parties: Vec<Party>,
    pub offers: Vec<PendingOffer>,
    pub pages: Vec<Vec<Transaction>>,
    pub authorized: Vec<Party>,
    pub behaviour: Behaviour,
    pub reads_fail: bool,
    /// How many queries were made.
    pub reads: u32,
    /// Every call that was made, with its key.
    pub calls: Vec<(CallKey, ApiCall)>,
    /// Every call that took effect.
    pub effects: Vec<ApiCall>,
    pub repeat_for: Duration,
    pub settles_within: Option<Duration>,
    /// The result of each call by its key.
    pub done: HashMap<CallKey, Result<Receipt, String>>,
}

#[derive(Clone)]
pub struct FakeApi(Arc<Mutex<World>>);

impl FakeApi {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    fn read(&self) -> Result<MutexGuard<'_, World>, ApiError> {
        let mut world = self.world();
        world.reads += 1;
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

    async fn outcome(&self, _: &UserId, key: CallKey) -> Result<CallAnswer<Receipt>, ApiError> {
        let world = self.read()?;
        Ok(match world.done.get(&key).cloned() {
            Some(Ok(receipt)) => CallAnswer::done(receipt),
            Some(Err(reason)) => CallAnswer::refused(reason),
            None => CallAnswer::not_found(),
        })
    }

    async fn perform(&self, _: &UserId, key: CallKey, call: &ApiCall) -> Result<Receipt, ApiError> {
        let behaviour = self.world().record(key, call);
        if let Behaviour::HangsBeforeTheEffect = behaviour {
            std::future::pending::<()>().await;
        }
        let (behaviour, done) = {
            let mut world = self.world();
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
            Behaviour::Takes(time) => {
                tokio::time::sleep(time).await;
                done.map_err(ApiError::refused)
            }
            Behaviour::LosesTheAnswer => Err(ApiError::Unavailable),
            _ => done.map_err(ApiError::refused),
        }
    }

    fn repeat_for(&self) -> Duration {
        self.world().repeat_for
    }

    fn settles_within(&self) -> Option<Duration> {
        self.world().settles_within
    }
}

impl World {
    /// A member with one account of the basic tier, two offers and three pages of transactions.
    pub fn of_member() -> Self {
        Self {
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
            reads: 0,
            repeat_for: Duration::from_secs(24 * 60 * 60),
            settles_within: None,
            calls: vec![],
            effects: vec![],
            done: HashMap::new(),
        }
    }

    fn record(&mut self, key: CallKey, call: &ApiCall) -> Behaviour {
        self.calls.push((key, call.clone()));
        self.behaviour.clone()
    }

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

pub fn transaction(id: &str) -> Transaction {
    let date = "2026-01-31".parse().unwrap();
    Transaction {
        id: id.into(),
        amount: "1.00 USD".into(),
        counterparty: party("p1", "grace"),
        date,
        memo: Some(format!("memo of {id}")),
    }
}
