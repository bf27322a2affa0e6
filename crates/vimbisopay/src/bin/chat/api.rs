//! The accounts API, simulated: the world behind a lock, with errors on demand. Who is a member gets a token along with
//! their accounts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vimbiso_state::{CommitId, JwtToken, UserId};
use vimbisopay::{
    Api, ApiCall, ApiError, Dashboard, NotificationSettings, Outcome, Party, PendingOffer, Receipt,
    Side, StateManager, Transaction,
};

use crate::error::BoxError;
use crate::world::World;

pub(crate) struct SimulatedApi {
    /// Where the tokens are kept.
    manager: StateManager,
    world: Mutex<World>,
    failing: Mutex<u32>,
}

impl SimulatedApi {
    pub(crate) fn new(manager: StateManager, tier: u8, members: &[UserId]) -> Self {
        Self {
            manager,
            world: Mutex::new(World::new(tier, members)),
            failing: Mutex::new(0),
        }
    }

    /// Lets the next calls fail.
    pub(crate) fn fail(&self, calls: u32) {
        *lock(&self.failing) = calls;
    }

    pub(crate) fn set_tier(&self, user: &UserId, tier: u8) {
        lock(&self.world).set_tier(user, tier);
    }

    /// Keeps a token in the form of a JWT, which nobody verifies.
    async fn start_session(&self, user: &UserId) -> Result<(), ApiError> {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let payload = format!(r#"{{"sub":"{}"}}"#, user.expose());
        let token = format!(
            "{}.{}.{}",
            part(r#"{"alg":"none"}"#),
            part(&payload),
            part("simulated")
        );
        let kept = async {
            Ok::<_, BoxError>(
                self.manager
                    .set_jwt_token(user, &JwtToken::new(token)?)
                    .await?,
            )
        };
        kept.await.map_err(|_| ApiError::Unavailable)
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
        let dashboard = self.reach()?.dashboard(user);
        if dashboard.is_some() {
            self.start_session(user).await?;
        }
        Ok(dashboard)
    }

    async fn find_account(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.reach()?.find_account(handle))
    }

    async fn find_member(&self, _: &UserId, handle: &str) -> Result<Option<Party>, ApiError> {
        Ok(self.reach()?.find_member(handle))
    }

    async fn offers(
        &self,
        _: &UserId,
        account: &str,
        side: Side,
    ) -> Result<Vec<PendingOffer>, ApiError> {
        Ok(self.reach()?.offers(account, side))
    }

    async fn transactions(
        &self,
        _: &UserId,
        account: &str,
        page: u32,
    ) -> Result<Vec<Transaction>, ApiError> {
        Ok(self.reach()?.transactions(account, page))
    }

    async fn authorized_members(&self, _: &UserId, account: &str) -> Result<Vec<Party>, ApiError> {
        Ok(self.reach()?.authorized_members(account))
    }

    async fn notifications(
        &self,
        _: &UserId,
        account: &str,
    ) -> Result<NotificationSettings, ApiError> {
        Ok(self.reach()?.notifications(account))
    }

    async fn outcome(&self, _: &UserId, key: CommitId) -> Result<Outcome, ApiError> {
        Ok(self.reach()?.outcome(key))
    }

    async fn perform(
        &self,
        user: &UserId,
        key: CommitId,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError> {
        let receipt = self.reach()?.perform(user, key, call)?;
        if let ApiCall::Register { .. } = call {
            self.start_session(user).await?;
        }
        Ok(receipt)
    }
}
