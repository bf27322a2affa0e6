//! The accounts API as the bot calls it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use vimbiso_state::UserId;
use vimbiso_state::bot::{CallAnswer, Service};
use vimbiso_state::id::CallKey;

use crate::api::call::ApiCall;
use crate::api::query::{ApiFact, ApiQuery};
use crate::api::{Api, ApiError, Receipt};
use crate::flow::BotFlow;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An [`Api`] as the [`Service`] of a [`Bot`](crate::Bot).
///
/// # Examples
/// The [crate documentation](crate#implementing-the-api) builds a bot with it.
#[derive(Clone)]
pub struct ApiService(Arc<dyn Api>);

impl ApiService {
    /// A service that calls this API.
    #[must_use]
    pub fn new(api: Arc<dyn Api>) -> Self {
        Self(api)
    }
}

/// Does not show the API.
impl fmt::Debug for ApiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiService").finish_non_exhaustive()
    }
}

#[async_trait]
impl Service<BotFlow> for ApiService {
    async fn look_up(&self, user: &UserId, query: ApiQuery) -> ApiFact {
        query.ask(&*self.0, user).await
    }

    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        call: &ApiCall,
    ) -> Result<CallAnswer<Receipt>, BoxError> {
        match self.0.perform(user, key, call).await {
            Ok(receipt) => Ok(CallAnswer::done(receipt)),
            Err(ApiError::Refused { reason }) => Ok(CallAnswer::refused(reason)),
            Err(error @ ApiError::Unavailable) => Err(error.into()),
        }
    }

    async fn outcome_of(
        &self,
        user: &UserId,
        key: CallKey,
        _: &ApiCall,
    ) -> Result<CallAnswer<Receipt>, BoxError> {
        Ok(self.0.outcome(user, key).await?)
    }

    fn repeat_for(&self) -> Duration {
        self.0.repeat_for()
    }

    fn settles_within(&self) -> Option<Duration> {
        self.0.settles_within()
    }
}
