//! Short words for what the tests do all the time.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{CommitOutcome, CommitRequest, Loaded, Precondition, Session};
use vimbiso_state::{CommitId, Direction, StateStore, StoreError, UserId};

pub const TTL: Duration = Duration::from_secs(300);

/// A mobile number, which no error may name.
pub fn user() -> UserId {
    UserId::new("263771234567").unwrap()
}

pub fn within(time: Duration) -> Instant {
    Instant::now() + time
}

pub fn soon() -> Instant {
    within(Duration::from_secs(5))
}

/// One commit, ready to be sent as often as a test likes.
#[derive(Clone)]
pub struct Attempt {
    pub id: CommitId,
    pub precondition: Precondition,
    pub record: Arc<Record>,
}

impl Attempt {
    pub fn on(found: &Loaded, data: &str) -> Self {
        let record = Record {
            version: Version::after(found.session.version()),
            entered_by: CommitId::random(),
            format: 1,
            stage: "handle_action_menu".into(),
            option: Some("handle_action_menu".into()),
            direction: Direction::Out,
            menu: None,
            data: data.into(),
        };
        Self {
            id: CommitId::random(),
            precondition: found.precondition.clone(),
            record: Arc::new(record),
        }
    }

    pub fn until(&self, deadline: Instant) -> CommitRequest<'_> {
        let Self {
            id,
            precondition,
            record,
        } = self;
        CommitRequest {
            id,
            precondition,
            record,
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
        store.commit(&user(), self.until(deadline)).await
    }
}

pub async fn load(store: &impl StateStore) -> Loaded {
    store.load(&user(), None, soon()).await.unwrap()
}

pub async fn begin(store: &impl StateStore, data: &str) -> Attempt {
    Attempt::on(&load(store).await, data)
}

/// A session with this data, committed.
pub async fn write(store: &impl StateStore, data: &str) -> Attempt {
    let attempt = begin(store, data).await;
    assert_applied(&attempt.send(store, soon()).await);
    attempt
}

pub async fn data(store: &impl StateStore) -> Option<Box<str>> {
    match load(store).await.session {
        Session::Live(record) => Some(record.data.clone()),
        _ => None,
    }
}

/// How often the server has carried out this command.
pub async fn calls(server: &mut MultiplexedConnection, command: &str) -> u64 {
    let info: String = redis::cmd("INFO")
        .arg("commandstats")
        .query_async(server)
        .await
        .unwrap();
    let stats = format!("cmdstat_{command}:calls=");
    info.lines()
        .find_map(|line| line.strip_prefix(&stats)?.split(',').next())
        .map_or(0, |calls| calls.parse().unwrap())
}

#[track_caller]
pub fn assert_applied(outcome: &Result<CommitOutcome, StoreError>) {
    assert!(
        matches!(outcome, Ok(CommitOutcome::Applied(_))),
        "{outcome:?}"
    );
}

/// An error and all its causes, as a log would have them.
pub fn text(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("; {error} {error:?}");
        cause = error.source();
    }
    text
}

/// Checks that an error tells no one's number, token, password or state, and nothing that a server or a stranger has said.
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
    for secret in secrets.into_iter().chain([
        "stranger",
        "no reply",
        "absurd",
        "HTTP/1.1",
        "a later release writes",
    ]) {
        assert!(!text.contains(secret), "{text}");
    }
}
