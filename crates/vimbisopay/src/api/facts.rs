//! The answers of the API that are known while a message is decided.

use crate::api::query::{ApiAnswer, ApiFact, ApiQuery};
use crate::api::records::{
    Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction,
};

/// The API's answers for one message so far.
///
/// A decision that lacks an answer asks for it, and is made again with the answer.
#[derive(Clone, Copy)]
pub(crate) struct ApiFacts<'a>(&'a [ApiFact]);

impl<'a> ApiFacts<'a> {
    pub(crate) fn new(facts: &'a [ApiFact]) -> Self {
        Self(facts)
    }

    // Each of these returns the answer, or the query that has to be made first.

    pub(crate) fn dashboard(self) -> Result<Option<&'a Dashboard>, ApiQuery> {
        self.get(ApiQuery::Dashboard, |answer| match answer {
            ApiAnswer::Dashboard(dashboard) => Some(dashboard.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn account(self, handle: &str) -> Result<Option<&'a Party>, ApiQuery> {
        self.get(ApiQuery::Account(handle.into()), |answer| match answer {
            ApiAnswer::Account(account) => Some(account.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn member(self, handle: &str) -> Result<Option<&'a Party>, ApiQuery> {
        self.get(ApiQuery::Member(handle.into()), |answer| match answer {
            ApiAnswer::Member(member) => Some(member.as_ref()),
            _ => None,
        })
    }

    pub(crate) fn offers(self, account: &str, side: Side) -> Result<&'a [PendingOffer], ApiQuery> {
        let query = ApiQuery::Offers(account.into(), side);
        self.get(query, |answer| match answer {
            ApiAnswer::Offers(offers) => Some(offers.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn transactions(
        self,
        account: &str,
        page: u32,
    ) -> Result<&'a [Transaction], ApiQuery> {
        let query = ApiQuery::Transactions(account.into(), page);
        self.get(query, |answer| match answer {
            ApiAnswer::Transactions(transactions) => Some(transactions.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn authorized_members(self, account: &str) -> Result<&'a [Party], ApiQuery> {
        let query = ApiQuery::AuthorizedMembers(account.into());
        self.get(query, |answer| match answer {
            ApiAnswer::AuthorizedMembers(members) => Some(members.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn notifications(self, account: &str) -> Result<&'a NotificationSettings, ApiQuery> {
        let query = ApiQuery::Notifications(account.into());
        self.get(query, |answer| match answer {
            ApiAnswer::Notifications(settings) => Some(settings),
            _ => None,
        })
    }

    fn get<T>(
        self,
        query: ApiQuery,
        read: impl Fn(&'a ApiAnswer) -> Option<T>,
    ) -> Result<T, ApiQuery> {
        self.0
            .iter()
            .find(|fact| fact.query == query)
            .and_then(|fact| read(fact.answer.as_ref().ok()?))
            .ok_or(query)
    }
}
