//! What a host plugs in: the accounts API behind the conversation.

pub(crate) mod call;
pub(crate) mod data;
pub(crate) mod terms;

use async_trait::async_trait;
use vimbiso_state::{CommitId, UserId};

use crate::api::call::ApiCall;
use crate::api::data::{Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction};
use crate::redacted::shows_name_alone;

/// The accounts API behind the conversation.
///
/// Whoever is known to the API by this user id is the member; the token for it is the implementation's business, for
/// example through [`StateManager::with_token`](vimbiso_state::StateManager::with_token).
///
/// # Contract
/// 1. **Only [`perform`](Self::perform) changes anything.** All other calls read, and may be made any number of times.
/// 2. **A key takes effect once.** A second `perform` under the same key changes nothing and returns what became of the first.
/// 3. **A refusal is final.** [`ApiError::Refused`] from `perform` says that the call had no effect and, under this key, never
///    will. Where that is not certain, it is [`ApiError::Unavailable`].
/// 4. **A reason is for the user.** It is shown as it is.
/// 5. **A call returns in time.** The user's next message waits while one is looked up, so give each call a timeout and
///    return [`ApiError::Unavailable`] after it.
#[async_trait]
pub trait Api: Send + Sync {
    /// The member and their accounts; `None` where the user is not registered.
    async fn dashboard(&self, user: &UserId) -> Result<Option<Dashboard>, ApiError>;

    /// The account that has this handle.
    async fn find_account(&self, user: &UserId, handle: &str) -> Result<Option<Party>, ApiError>;

    /// The member who has this handle.
    async fn find_member(&self, user: &UserId, handle: &str) -> Result<Option<Party>, ApiError>;

    /// The offers of an account that wait for an answer.
    async fn offers(
        &self,
        user: &UserId,
        account: &str,
        side: Side,
    ) -> Result<Vec<PendingOffer>, ApiError>;

    /// A page of an account's transactions, the newest first. Pages count from 1; a page beyond the last is empty.
    async fn transactions(
        &self,
        user: &UserId,
        account: &str,
        page: u32,
    ) -> Result<Vec<Transaction>, ApiError>;

    /// Who may act for an account besides its owner.
    async fn authorized_members(
        &self,
        user: &UserId,
        account: &str,
    ) -> Result<Vec<Party>, ApiError>;

    /// Who can be notified of what happens on an account, and who is.
    async fn notifications(
        &self,
        user: &UserId,
        account: &str,
    ) -> Result<NotificationSettings, ApiError>;

    /// What became of the call that was made under this key.
    async fn outcome(&self, user: &UserId, key: CommitId) -> Result<Outcome, ApiError>;

    /// Makes a call that changes something, once for each key.
    async fn perform(
        &self,
        user: &UserId,
        key: CommitId,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError>;
}

/// A call that took effect.
#[derive(Clone, PartialEq)]
pub struct Receipt {
    /// What the user is told, in a sentence.
    pub message: String,
    /// The member and their accounts, as they stand after the call.
    pub dashboard: Dashboard,
}
shows_name_alone!(Receipt);

/// What became of a call.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done {
        /// What the user is told, in a sentence.
        message: String,
    },
    /// It was refused.
    Refused {
        /// Why.
        reason: String,
    },
    /// No call was made under this key, as far as the API knows.
    NotFound,
}
shows_name_alone!(Outcome: Done, Refused, NotFound);

/// Why the API did not do what it was asked.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// It says no, for good.
    #[error("the API refused")]
    Refused {
        /// Why, in words for the user.
        reason: String,
    },
    /// It cannot be reached, or does not answer now. Of a call that changes something nobody can say whether it took effect.
    #[error("the API is unavailable")]
    Unavailable,
}
shows_name_alone!(ApiError: Refused, Unavailable);

impl ApiError {
    /// A refusal, with its reason in words for the user.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused {
            reason: reason.into(),
        }
    }
}
