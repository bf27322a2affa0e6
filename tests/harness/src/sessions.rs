//! Short names for what the tests of a store do all the time.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, ExpectedToken, Lease, LeaseHolder, Loaded, Precondition, Session,
    StoredToken, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, Direction, StateStore, StoreError, UserId};

use crate::assert_matches;

pub const TTL: Duration = Duration::from_secs(300);

/// A mobile number, which must not be in any error.
pub fn user() -> UserId {
    UserId::new("263771234567").unwrap()
}

pub fn within(time: Duration) -> Instant {
    Instant::now() + time
}

pub fn soon() -> Instant {
    within(Duration::from_secs(5))
}

/// One commit, which can be sent as often as a test likes.
#[derive(Clone)]
pub struct Attempt {
    pub id: CommitId,
    pub precondition: Precondition,
    pub record: Arc<Record>,
}

impl Attempt {
    pub fn on(loaded: &Loaded, data: &str) -> Self {
        let record = Record {
            version: Version::after(loaded.session.version()),
            flow: "cafe".into(),
            entered_by: CommitId::random(),
            format: 1,
            stage: "handle_action_menu".into(),
            option: Some("handle_action_menu".into()),
            direction: Direction::Out,
            menu: None,
            pending_call: None,
            data: data.into(),
        };
        Self {
            id: CommitId::random(),
            precondition: loaded.precondition.clone(),
            record: Arc::new(record),
        }
    }

    pub fn request(&self, deadline: Instant) -> CommitRequest<'_> {
        CommitRequest {
            id: &self.id,
            precondition: &self.precondition,
            record: &self.record,
            reply: None,
            drop_token: false,
            ttl: TTL,
            max_lifetime: TTL * 100,
            deadline,
        }
    }

    pub async fn send(
        &self,
        store: &impl StateStore,
        deadline: Instant,
    ) -> Result<CommitOutcome, StoreError> {
        store.commit(&user(), self.request(deadline)).await
    }
}

pub async fn load(store: &impl StateStore) -> Loaded {
    store.load(&user(), None, soon()).await.unwrap()
}

/// A commit of this data on the current session, not sent yet.
pub async fn prepare(store: &impl StateStore, data: &str) -> Attempt {
    Attempt::on(&load(store).await, data)
}

/// Commits this data.
pub async fn write(store: &impl StateStore, data: &str) -> Attempt {
    let attempt = prepare(store, data).await;
    assert_applied(&attempt.send(store, soon()).await);
    attempt
}

/// The data of the session, if it is live.
pub async fn data(store: &impl StateStore) -> Option<Box<str>> {
    match load(store).await.session {
        Session::Live(record) => Some(record.data.clone()),
        _ => None,
    }
}

/// The tokens of a store that keeps some.
pub fn tokens(store: &impl StateStore) -> &dyn TokenStore {
    store.tokens().expect("the store keeps tokens")
}

pub async fn token(store: &impl StateStore) -> Option<StoredToken> {
    tokens(store).load_token(&user(), soon()).await.unwrap()
}

/// The put of a token, or of none, over any other.
pub fn put(token: Option<&StoredToken>) -> TokenPut<'_> {
    TokenPut {
        token,
        expected: ExpectedToken::Any,
        ttl: TTL,
        deadline: soon(),
    }
}

/// Takes the refresh lease, which must be free.
pub async fn acquire_lease(store: &impl StateStore, length: Duration) -> LeaseHolder {
    let holder = LeaseHolder::random();
    let lease = tokens(store)
        .acquire_refresh_lease(&user(), &holder, length, soon())
        .await;
    assert_matches!(lease, Ok(Lease::Acquired));
    holder
}

#[track_caller]
pub fn assert_applied(outcome: &Result<CommitOutcome, StoreError>) {
    assert_matches!(outcome, Ok(CommitOutcome::Applied(_)));
}

/// An error and all its sources, as a log shows them.
pub fn text(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!("; {error} {error:?}");
        source = error.source();
    }
    text
}

/// Fails if an error shows a number, a token, a password or data, or anything that a server or
/// another program has said.
#[track_caller]
pub fn assert_discreet(error: &(dyn Error + 'static)) {
    let text = text(error);
    let secrets = [
        "2637712",
        "_stage",
        "_version",
        "s3cret",
        "secret-state",
        "eyJ",
    ];
    let said = [
        "stranger",
        "no reply",
        "absurd",
        "HTTP/1.1",
        "a later release writes",
    ];
    for secret in secrets.into_iter().chain(said) {
        assert!(!text.contains(secret), "{text}");
    }
}
