//! What a decision needs to know from the API, and what of it is known already.

use vimbiso_state::{CommitId, UserId};

use crate::api::data::{Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction};
use crate::api::{Api, ApiError, Outcome};
use crate::redacted::shows_name_alone;

/// A question to the API that changes nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum LookUp {
    /// The member and their accounts.
    Dashboard,
    /// Which account has this handle.
    Account(String),
    /// Which member has this handle.
    Member(String),
    /// The offers of this account that wait for an answer.
    Offers(String, Side),
    /// This page of this account's transactions.
    Transactions(String, u32),
    /// Who may act for this account.
    AuthorizedMembers(String),
    /// Who is notified of what happens on this account.
    Notifications(String),
    /// What became of the call under this key.
    Outcome(CommitId),
}
shows_name_alone!(
    LookUp: Dashboard,
    Account,
    Member,
    Offers,
    Transactions,
    AuthorizedMembers,
    Notifications,
    Outcome
);

/// The answer to a [`LookUp`].
#[derive(Clone, PartialEq)]
pub enum Found {
    /// To [`LookUp::Dashboard`].
    Dashboard(Option<Dashboard>),
    /// To [`LookUp::Account`].
    Account(Option<Party>),
    /// To [`LookUp::Member`].
    Member(Option<Party>),
    /// To [`LookUp::Offers`].
    Offers(Vec<PendingOffer>),
    /// To [`LookUp::Transactions`].
    Transactions(Vec<Transaction>),
    /// To [`LookUp::AuthorizedMembers`].
    AuthorizedMembers(Vec<Party>),
    /// To [`LookUp::Notifications`].
    Notifications(NotificationSettings),
    /// To [`LookUp::Outcome`].
    Outcome(Outcome),
}
shows_name_alone!(
    Found: Dashboard,
    Account,
    Member,
    Offers,
    Transactions,
    AuthorizedMembers,
    Notifications,
    Outcome
);

impl LookUp {
    /// Asks the API. If it gives no answer, that is a fact too.
    pub async fn ask(self, api: &dyn Api, user: &UserId) -> Fact {
        let answer = self.answer(api, user).await;
        Fact {
            question: self,
            answer,
        }
    }

    async fn answer(&self, api: &dyn Api, user: &UserId) -> Result<Found, ApiError> {
        Ok(match self {
            Self::Dashboard => Found::Dashboard(api.dashboard(user).await?),
            Self::Account(handle) => Found::Account(api.find_account(user, handle).await?),
            Self::Member(handle) => Found::Member(api.find_member(user, handle).await?),
            Self::Offers(account, side) => Found::Offers(api.offers(user, account, *side).await?),
            Self::Transactions(account, page) => {
                Found::Transactions(api.transactions(user, account, *page).await?)
            }
            Self::AuthorizedMembers(account) => {
                Found::AuthorizedMembers(api.authorized_members(user, account).await?)
            }
            Self::Notifications(account) => {
                Found::Notifications(api.notifications(user, account).await?)
            }
            Self::Outcome(key) => Found::Outcome(api.outcome(user, *key).await?),
        })
    }
}

/// A question, and what came of asking it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The question.
    pub question: LookUp,
    /// The answer, or why there is none.
    pub answer: Result<Found, ApiError>,
}

/// What has been looked up for a message so far.
///
/// A decision that lacks an answer returns [`Next::Ask`](crate::Next::Ask); its caller asks the API, adds the answer to the
/// facts and decides again. So no call to the API is made within a turn, and a failed one changes nothing.
///
/// # Examples
/// ```
/// use vimbiso_state::vimbisopay::{Incoming, Stage};
/// use vimbiso_state::{CachedUser, UserId};
/// use vimbisopay::{Fact, Findings, Found, LookUp, Next, Turn, decide};
///
/// let user = CachedUser::visitor(UserId::new("263771234567")?);
/// let hi = Incoming::parse("hi");
/// let next = decide(&mut Turn::of(user.clone()), &hi, Findings::default())?;
/// assert_eq!(next, Next::Ask(LookUp::Dashboard));
///
/// let not_registered = Fact {
///     question: LookUp::Dashboard,
///     answer: Ok(Found::Dashboard(None)),
/// };
/// let mut turn = Turn::of(user);
/// decide(&mut turn, &hi, Findings::new(&[not_registered]))?;
/// assert_eq!(turn.stage(), Stage::Register);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Findings<'a>(&'a [Fact]);

impl<'a> Findings<'a> {
    /// The facts that are known so far.
    #[must_use]
    pub fn new(facts: &'a [Fact]) -> Self {
        Self(facts)
    }

    // The answer, or the question that has to be asked first.

    pub(crate) fn dashboard(self) -> Result<Option<&'a Dashboard>, LookUp> {
        self.get(LookUp::Dashboard, |found| {
            if let Found::Dashboard(it) = found {
                Some(it.as_ref())
            } else {
                None
            }
        })
    }

    pub(crate) fn account(self, handle: &str) -> Result<Option<&'a Party>, LookUp> {
        self.get(LookUp::Account(handle.into()), |found| {
            if let Found::Account(it) = found {
                Some(it.as_ref())
            } else {
                None
            }
        })
    }

    pub(crate) fn member(self, handle: &str) -> Result<Option<&'a Party>, LookUp> {
        self.get(LookUp::Member(handle.into()), |found| {
            if let Found::Member(it) = found {
                Some(it.as_ref())
            } else {
                None
            }
        })
    }

    pub(crate) fn offers(self, account: &str, side: Side) -> Result<&'a [PendingOffer], LookUp> {
        let question = LookUp::Offers(account.into(), side);
        self.get(question, |found| {
            if let Found::Offers(it) = found {
                Some(it.as_slice())
            } else {
                None
            }
        })
    }

    pub(crate) fn transactions(
        self,
        account: &str,
        page: u32,
    ) -> Result<&'a [Transaction], LookUp> {
        let question = LookUp::Transactions(account.into(), page);
        self.get(question, |found| {
            if let Found::Transactions(it) = found {
                Some(it.as_slice())
            } else {
                None
            }
        })
    }

    pub(crate) fn authorized_members(self, account: &str) -> Result<&'a [Party], LookUp> {
        let question = LookUp::AuthorizedMembers(account.into());
        self.get(question, |found| {
            if let Found::AuthorizedMembers(it) = found {
                Some(it.as_slice())
            } else {
                None
            }
        })
    }

    pub(crate) fn notifications(self, account: &str) -> Result<&'a NotificationSettings, LookUp> {
        let question = LookUp::Notifications(account.into());
        self.get(question, |found| {
            if let Found::Notifications(it) = found {
                Some(it)
            } else {
                None
            }
        })
    }

    pub(crate) fn outcome(self, key: CommitId) -> Result<&'a Outcome, LookUp> {
        self.get(LookUp::Outcome(key), |found| {
            if let Found::Outcome(it) = found {
                Some(it)
            } else {
                None
            }
        })
    }

    fn get<T>(self, question: LookUp, read: impl Fn(&'a Found) -> Option<T>) -> Result<T, LookUp> {
        self.0
            .iter()
            .find(|fact| fact.question == question)
            .and_then(|fact| read(fact.answer.as_ref().ok()?))
            .ok_or(question)
    }
}
