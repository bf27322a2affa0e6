//! Questions to the API, and their answers.

use vimbiso_state::UserId;

use crate::api::records::{
    Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction,
};
use crate::api::{Api, ApiError};
use crate::redacted::debug_name_only;

/// A call to the API that changes nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum ApiQuery {
    /// [`Api::dashboard`].
    Dashboard,
    /// [`Api::find_account`], by handle.
    Account(String),
    /// [`Api::find_member`], by handle.
    Member(String),
    /// [`Api::offers`] of the account with this id.
    Offers(String, Side),
    /// [`Api::transactions`]: this page of the account with this id.
    Transactions(String, u32),
    /// [`Api::authorized_members`] of the account with this id.
    AuthorizedMembers(String),
    /// [`Api::notifications`] of the account with this id.
    Notifications(String),
}
debug_name_only!(
    ApiQuery: Dashboard,
    Account,
    Member,
    Offers,
    Transactions,
    AuthorizedMembers,
    Notifications
);

/// The answer to the [`ApiQuery`] of the same name.
#[derive(Clone, PartialEq)]
pub enum ApiAnswer {
    /// The member and their accounts; `None` if the user is not registered.
    Dashboard(Option<Dashboard>),
    /// The account; `None` if no account has the handle.
    Account(Option<Party>),
    /// The member; `None` if no member has the handle.
    Member(Option<Party>),
    /// The open offers.
    Offers(Vec<PendingOffer>),
    /// The transactions on the page.
    Transactions(Vec<Transaction>),
    /// The members who may act for the account besides its owner.
    AuthorizedMembers(Vec<Party>),
    /// The members who can be notified, and the one who is.
    Notifications(NotificationSettings),
}
debug_name_only!(
    ApiAnswer: Dashboard,
    Account,
    Member,
    Offers,
    Transactions,
    AuthorizedMembers,
    Notifications
);

impl ApiQuery {
    /// Asks the API. The fact holds the answer, or the error if there is no answer.
    pub(crate) async fn ask(self, api: &dyn Api, user: &UserId) -> ApiFact {
        let answer = self.answer(api, user).await;
        ApiFact {
            query: self,
            answer,
        }
    }

    async fn answer(&self, api: &dyn Api, user: &UserId) -> Result<ApiAnswer, ApiError> {
        Ok(match self {
            Self::Dashboard => ApiAnswer::Dashboard(api.dashboard(user).await?),
            Self::Account(handle) => ApiAnswer::Account(api.find_account(user, handle).await?),
            Self::Member(handle) => ApiAnswer::Member(api.find_member(user, handle).await?),
            Self::Offers(account, side) => {
                ApiAnswer::Offers(api.offers(user, account, *side).await?)
            }
            Self::Transactions(account, page) => {
                ApiAnswer::Transactions(api.transactions(user, account, *page).await?)
            }
            Self::AuthorizedMembers(account) => {
                ApiAnswer::AuthorizedMembers(api.authorized_members(user, account).await?)
            }
            Self::Notifications(account) => {
                ApiAnswer::Notifications(api.notifications(user, account).await?)
            }
        })
    }
}

/// A query that was made, and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiFact {
    /// The query.
    pub query: ApiQuery,
    /// The answer, or why the API gave no answer.
    pub answer: Result<ApiAnswer, ApiError>,
}
