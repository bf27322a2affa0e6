//! The simulated accounts API: the world behind a lock, with failures on demand.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vimbiso_state::bot::CallAnswer;
use vimbiso_state::id::CallKey;
use vimbiso_state::{JwtToken, UserId};
use vimbisopay::{
    Api, ApiCall, ApiError, Dashboard, NotificationSettings, Party, PendingOffer, Receipt, Side,
    StateManager, Transaction,
};

use crate::world::World;

/// The exit status after `/crash`.
const CRASHED: i32 = 3;

/// The API of this process. It stores a token for a member whenever it sends the dashboard.
pub(crate) struct SimulatedApi {
    /// Stores the tokens.
    manager: StateManager,
    world: Mutex<World>,
    /// How many of the next calls fail.
    failing: Mutex<u32>,
    /// Whether this process ends instead of making the next call that changes something.
    crashing: AtomicBool,
}

impl SimulatedApi {
    pub(crate) fn new(manager: StateManager, tier: u8, members: &[UserId]) -> Self {
        Self {
            manager,
            world: Mutex::new(World::new(tier, members)),
            failing: Mutex::new(0),
            crashing: AtomicBool::new(false),
        }
    }

    /// Makes the next calls fail.
    pub(crate) fn fail(&self, calls: u32) {
        *lock(&self.failing) = calls;
    }

    /// Ends this process instead of making the next call that changes something.
    pub(crate) fn crash(&self) {
        self.crashing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_tier(&self, user: &UserId, tier: u8) {
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

    /// The world, or an error if this call is one of those that fail.
    fn call(&self) -> Result<MutexGuard<'_, World>, ApiError> {
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
        let dashboard = self.call()?.dashboard(user);
        if dashboard.is_some() {
            self.store_token(user).await?;
        }
        Ok(dashboard)
    }

    async fn find_account(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.call()?.find_account(handle))
    }

    async fn find_member(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.call()?.find_member(handle))
    }

    async fn offers(
        &self,
        _: &UserId,
        account: &str,
        side: Side,
    ) -> Result<Vec<PendingOffer>, ApiError> {
        Ok(self.call()?.offers(account, side))
    }

    async fn transactions(
        &self,
        _: &UserId,
        account: &str,
        page: u32,
    ) -> Result<Vec<Transaction>, ApiError> {
        Ok(self.call()?.transactions(account, page))
    }

    async fn authorized_members(&self, _: &UserId, account: &str) -> Result<Vec<Party>, ApiError> {
        Ok(self.call()?.authorized_members(account))
    }

    async fn notifications(
        &self,
        _: &UserId,
        account: &str,
    ) -> Result<NotificationSettings, ApiError> {
        Ok(self.call()?.notifications(account))
    }

    async fn outcome(&self, user: &UserId, key: CallKey) -> Result<CallAnswer<Receipt>, ApiError> {
        Ok(self.call()?.outcome(user, key))
    }

    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError> {
        if self.crashing.load(Ordering::Relaxed) {
            std::process::exit(CRASHED);
        }
        let receipt = self.call()?.perform(user, key, call)?;
        // A new member has no token yet.
        if let ApiCall::Register { .. } = call {
            self.store_token(user).await?;
        }
        Ok(receipt)
    }

    fn repeat_for(&self) -> Duration {
        // The world keeps all keys. A process that takes over has a world of its own.
        Duration::from_secs(24 * 60 * 60)
    }
}
