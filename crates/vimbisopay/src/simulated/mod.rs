//! A simulated accounts API, for programs that have none: it is in memory, and fails on demand.

mod world;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vimbiso_state::bot::CallAnswer;
use vimbiso_state::id::CallKey;
use vimbiso_state::{JwtToken, UserId};

use crate::api::call::ApiCall;
use crate::api::records::{
    Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction,
};
use crate::api::{Api, ApiError, Receipt};
use crate::flow::StateManager;
use crate::simulated::world::World;

type Hook = Box<dyn Fn() + Send>;

/// A simulated accounts API: members, accounts and offers in the memory of this process.
///
/// Two members, Grace Hopper and Alan Turing, are no users of the bot. The account of the first
/// makes two offers to each new member. A member gets a token whenever the API sends the dashboard.
///
/// It never forgets a key. No other process has its state: one that takes over from this process
/// has an API of its own.
///
/// # Examples
/// ```
/// use vimbiso_state::{MemoryStore, UserId};
/// use vimbisopay::simulated::SimulatedApi;
/// use vimbisopay::{Api as _, StateManager};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let ada = UserId::new("263771234567")?;
/// let manager = StateManager::new(MemoryStore::new());
/// let api = SimulatedApi::new(manager, 1, &[ada.clone()]);
/// let dashboard = api.dashboard(&ada).await?.ok_or("not a member")?;
/// assert_eq!(dashboard.member.first_name, "Ada");
///
/// api.fail(1);
/// assert!(api.dashboard(&ada).await.is_err());
/// assert!(api.dashboard(&ada).await.is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SimulatedApi {
    /// Stores the tokens.
    manager: StateManager,
    world: Mutex<World>,
    /// How many of the next requests fail.
    failing: Mutex<u32>,
    /// How long a call takes before it has an effect.
    delay: Mutex<Duration>,
    /// Whether the answers of calls are lost.
    loses_answers: AtomicBool,
    before_calls: Mutex<Option<Hook>>,
}

impl fmt::Debug for SimulatedApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedApi").finish_non_exhaustive()
    }
}

impl SimulatedApi {
    /// An API that stores its tokens by this manager. The accounts of its members are of this tier,
    /// 1 or 2, and these users are members from the start.
    #[must_use]
    pub fn new(manager: StateManager, tier: u8, members: &[UserId]) -> Self {
        Self {
            manager,
            world: Mutex::new(World::new(tier, members)),
            failing: Mutex::default(),
            delay: Mutex::default(),
            loses_answers: AtomicBool::default(),
            before_calls: Mutex::default(),
        }
    }

    /// Makes the next requests fail, so many of them.
    pub fn fail(&self, requests: u32) {
        *lock(&self.failing) = requests;
    }

    /// How long each call that changes something takes from now on, before it has an effect.
    pub fn delay_calls(&self, delay: Duration) {
        *lock(&self.delay) = delay;
    }

    /// Whether the calls that change something never answer from now on. They still have an effect.
    pub fn lose_answers(&self, is_lost: bool) {
        self.loses_answers.store(is_lost, Ordering::SeqCst);
    }

    /// Runs this before each call that changes something, from now on. It may end the process.
    pub fn before_calls(&self, hook: impl Fn() + Send + 'static) {
        *lock(&self.before_calls) = Some(Box::new(hook));
    }

    /// Changes the tier of a user's accounts: 1 or 2.
    pub fn set_tier(&self, user: &UserId, tier: u8) {
        lock(&self.world).set_tier(user, tier);
    }

    /// Stores a token in the form of a JWT. It is not signed: the simulated API verifies none.
    async fn store_token(&self, user: &UserId) -> Result<(), ApiError> {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let payload = format!(r#"{{"sub":"{}"}}"#, user.expose());
        let token = format!(
            "{}.{}.{}",
            part(r#"{"alg":"none"}"#),
            part(&payload),
            part("simulated")
        );
        let token = JwtToken::new(token).map_err(|_| ApiError::Unavailable)?;
        self.manager
            .set_jwt_token(user, &token)
            .await
            .map_err(|_| ApiError::Unavailable)
    }

    /// The world, or an error if this request is one of those that fail.
    fn request(&self) -> Result<MutexGuard<'_, World>, ApiError> {
        let mut failing = lock(&self.failing);
        if *failing > 0 {
            *failing -= 1;
            return Err(ApiError::Unavailable);
        }
        Ok(lock(&self.world))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Api for SimulatedApi {
    async fn dashboard(&self, user: &UserId) -> Result<Option<Dashboard>, ApiError> {
        let dashboard = self.request()?.dashboard(user);
        if dashboard.is_some() {
            self.store_token(user).await?;
        }
        Ok(dashboard)
    }

    async fn find_account(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.request()?.find_account(handle))
    }

    async fn find_member(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.request()?.find_member(handle))
    }

    async fn offers(
        &self,
        _: &UserId,
        account: &str,
        side: Side,
    ) -> Result<Vec<PendingOffer>, ApiError> {
        Ok(self.request()?.offers(account, side))
    }

    async fn transactions(
        &self,
        _: &UserId,
        account: &str,
        page: u32,
    ) -> Result<Vec<Transaction>, ApiError> {
        Ok(self.request()?.transactions(account, page))
    }

    async fn authorized_members(&self, _: &UserId, account: &str) -> Result<Vec<Party>, ApiError> {
        Ok(self.request()?.authorized_members(account))
    }

    async fn notifications(
        &self,
        _: &UserId,
        account: &str,
    ) -> Result<NotificationSettings, ApiError> {
        Ok(self.request()?.notifications(account))
    }

    async fn outcome(&self, user: &UserId, key: CallKey) -> Result<CallAnswer<Receipt>, ApiError> {
        Ok(self.request()?.outcome(user, key))
    }

    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError> {
        if let Some(hook) = &*lock(&self.before_calls) {
            hook();
        }
        let delay = *lock(&self.delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let receipt = self.request()?.perform(user, key, call)?;
        // A new member has no token yet.
        if let ApiCall::Register { .. } = call {
            self.store_token(user).await?;
        }
        if self.loses_answers.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        Ok(receipt)
    }

    fn repeat_for(&self) -> Duration {
        // The world keeps all keys.
        Duration::from_secs(24 * 60 * 60)
    }
}
