//! The accounts API, simulated: the world behind a lock, with errors on demand.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vimbiso_state::vimbisopay::{
    Api, ApiCall, ApiError, Dashboard, NotificationSettings, Outcome, Party, PendingOffer, Receipt, Side, Transaction,
};
use vimbiso_state::{CommitId, InvalidToken, JwtToken, UserId};

use crate::world::World;

pub(crate) struct SimulatedApi {
    world: Mutex<World>,
    failing: Mutex<u32>,
}

impl SimulatedApi {
    pub(crate) fn new(tier: u8, members: &[UserId]) -> Self {
        Self { world: Mutex::new(World::new(tier, members)), failing: Mutex::new(0) }
    }

    /// Lets the next calls fail.
    pub(crate) fn fail(&self, calls: u32) {
        *lock(&self.failing) = calls;
    }

    pub(crate) fn set_tier(&self, user: &UserId, tier: u8) {
        lock(&self.world).set_tier(user, tier);
    }

    /// A token in the form of a JWT, which nobody verifies.
    pub(crate) fn token(&self, user: &UserId) -> Result<JwtToken, InvalidToken> {
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let payload = format!(r#"{{"sub":"{}"}}"#, user.expose());
        JwtToken::new(format!("{}.{}.{}", part(r#"{"alg":"none"}"#.into()), part(payload), part("simulated".into())))
    }

    /// The world, unless this call is one that fails.
    fn reach(&self) -> Result<MutexGuard<'_, World>, ApiError> {
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
        Ok(self.reach()?.dashboard(user))
    }

    async fn find_account(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.reach()?.find_account(handle))
    }

    async fn find_member(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.reach()?.find_member(handle))
    }

    async fn offers(&self, _: &UserId, account: &str, side: Side) -> Result<Vec<PendingOffer>, ApiError> {
        Ok(self.reach()?.offers(account, side))
    }

    async fn transactions(&self, _: &UserId, account: &str, page: u32) -> Result<Vec<Transaction>, ApiError> {
        Ok(self.reach()?.transactions(account, page))
    }

    async fn authorized_members(&self, _: &UserId, account: &str) -> Result<Vec<Party>, ApiError> {
        Ok(self.reach()?.authorized_members(account))
    }

    async fn notifications(&self, _: &UserId, account: &str) -> Result<NotificationSettings, ApiError> {
        Ok(self.reach()?.notifications(account))
    }

    async fn outcome(&self, _: &UserId, key: CommitId) -> Result<Outcome, ApiError> {
        Ok(self.reach()?.outcome(key))
    }

    async fn perform(&self, user: &UserId, key: CommitId, call: &ApiCall) -> Result<Receipt, ApiError> {
        self.reach()?.perform(user, key, call)
    }
}
