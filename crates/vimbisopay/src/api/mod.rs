//! The accounts API behind the conversation: a trait that the host implements.

pub(crate) mod call;
pub(crate) mod facts;
pub(crate) mod query;
pub(crate) mod records;
pub(crate) mod service;
pub(crate) mod terms;

use std::time::Duration;

use async_trait::async_trait;
use vimbiso_state::UserId;
use vimbiso_state::bot::CallAnswer;
use vimbiso_state::id::CallKey;

use crate::api::call::ApiCall;
use crate::api::records::{
    Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction,
};
use crate::redacted::debug_name_only;

/// The accounts API behind the conversation. A host implements it for its own API.
///
/// The user id identifies the member. The implementation gets the access token for its calls
/// itself, for example through
/// [`StateManager::with_token`](vimbiso_state::StateManager::with_token).
///
/// # Contract
/// 1. **Only [`perform`](Self::perform) changes anything.** All other calls read, and may be made
///    any number of times.
/// 2. **A key takes effect once** within [`repeat_for`](Self::repeat_for). A second `perform` with
///    the same key changes nothing and returns the result of the first, also while the first is
///    under way.
/// 3. **What is not certain is [`ApiError::Unavailable`].** [`ApiError::Refused`] from `perform`
///    says that the call had no effect and never will have one under this key. That the key is in
///    use, 401, 409 and 429 do not say so.
/// 4. **A reason is for the user.** The bot shows it unchanged.
/// 5. **A query returns in time.** The message waits for its queries, so give each a timeout, and
///    return [`ApiError::Unavailable`] after it.
///
/// # Examples
/// The [crate documentation](crate#implementing-the-api) implements it in memory.
#[async_trait]
pub trait Api: Send + Sync {
    /// The member and their accounts; `None` if the user is not registered.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn dashboard(&self, user: &UserId) -> Result<Option<Dashboard>, ApiError>;

    /// The account with this handle; `None` if no account has it.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn find_account(&self, user: &UserId, handle: &str) -> Result<Option<Party>, ApiError>;

    /// The member with this handle; `None` if no member has it.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn find_member(&self, user: &UserId, handle: &str) -> Result<Option<Party>, ApiError>;

    /// The open offers of an account, in one direction. The bot shows the first 20.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn offers(
        &self,
        user: &UserId,
        account: &str,
        side: Side,
    ) -> Result<Vec<PendingOffer>, ApiError>;

    /// A page of an account's transactions, the newest first.
    ///
    /// Pages count from 1; a page beyond the last is empty. The bot shows the first 20 of a page.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn transactions(
        &self,
        user: &UserId,
        account: &str,
        page: u32,
    ) -> Result<Vec<Transaction>, ApiError>;

    /// The members who may act for an account, besides its owner. The bot shows the first 20.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn authorized_members(
        &self,
        user: &UserId,
        account: &str,
    ) -> Result<Vec<Party>, ApiError>;

    /// The member who is notified of events on an account, and those who could be.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call.
    async fn notifications(
        &self,
        user: &UserId,
        account: &str,
    ) -> Result<NotificationSettings, ApiError>;

    /// What became of the call with this key. It must not be made.
    ///
    /// # Errors
    /// An [`ApiError`], as of every call: then the bot asks again.
    async fn outcome(&self, user: &UserId, key: CallKey) -> Result<CallAnswer<Receipt>, ApiError>;

    /// Makes a call that changes something, once for each key.
    ///
    /// # Errors
    /// [`ApiError::Refused`] if the call has no effect and never will have one under this key;
    /// [`ApiError::Unavailable`] if that is not certain: then the bot makes it again or asks for
    /// its [outcome](Self::outcome), until that is certain.
    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError>;

    /// For how long after its first attempt a call may be made again under its key, because the API
    /// still knows the key. Afterwards the bot only asks for its [outcome](Self::outcome). Zero if
    /// the API does not honour keys; see [`Service::repeat_for`](vimbiso_state::bot::Service).
    fn repeat_for(&self) -> Duration;

    /// The longest time after which a request can still take effect at the API. After it, "not
    /// found" means that the call never took effect. `None`, the default, if there is no such time.
    fn settles_within(&self) -> Option<Duration> {
        None
    }
}

/// The result of a call that took effect.
#[derive(Clone, PartialEq)]
pub struct Receipt {
    /// What the user is told, in a sentence.
    pub message: String,
    /// The member and their accounts after the call.
    pub dashboard: Dashboard,
}
debug_name_only!(Receipt);

/// Why the API gave no answer, or did not make a call.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The API refuses, for good.
    #[error("the API refused")]
    Refused {
        /// Why, in words for the user.
        reason: String,
    },
    /// The API cannot be reached or does not answer in time. A call that changes something may or
    /// may not have taken effect.
    #[error("the API is unavailable")]
    Unavailable,
}
debug_name_only!(ApiError: Refused, Unavailable);

impl ApiError {
    /// A refusal, with its reason in words for the user.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused {
            reason: reason.into(),
        }
    }
}
