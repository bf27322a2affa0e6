//! One behaviour at work on one store: the calls it makes, in a few words each.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fixture::Fixture;
use super::pace::Pace;
use super::violation::{Violation, answered};
use crate::error::BoxError;
use crate::id::{CommitId, Direction, UserId};
use crate::session::{Record, Version};
use crate::store::StateStore;
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, ExpectedToken, Lease, LeaseHolder, Loaded,
    Precondition, Session, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

/// The life of what is to outlast the behaviour.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// One behaviour at work on one store, with users of its own.
#[derive(Clone)]
pub(super) struct Trial {
    fixture: Arc<dyn Fixture>,
    pace: Arc<Pace>,
    tag: u64,
}

/// A commit that was applied.
pub(super) struct Written {
    pub(super) id: CommitId,
    pub(super) record: Arc<Record>,
    pub(super) precondition: Precondition,
}

impl Trial {
    pub(super) fn on(fixture: impl Fixture + 'static, pace: Arc<Pace>) -> Self {
        Self {
            fixture: Arc::new(fixture),
            pace,
            tag: rand::random(),
        }
    }

    /// The life of what is to expire while the behaviour looks on.
    pub(super) fn short(&self) -> Duration {
        self.pace.short()
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.pace.sleep(duration).await;
    }

    pub(super) fn store(&self) -> &dyn StateStore {
        self.fixture.store()
    }

    pub(super) fn tokens(&self) -> Result<&dyn TokenStore, Violation> {
        self.store().tokens().ok_or_else(|| {
            Violation::new("`tokens()` is `None`, and the store is said to keep tokens")
        })
    }

    /// The length of the longest text that the store keeps.
    ///
    /// A vault keeps what still fits when it is sealed; the store inside has to take the sealed
    /// form.
    pub(super) async fn longest_text(&self) -> Result<usize, Violation> {
        if self.store().tokens().is_none() {
            return Ok(StoredToken::MAX_LEN);
        }
        let user = self.user("short")?;
        self.put_any(&user, &StoredToken::new("short"), LONG)
            .await?;
        let found = self.token(&user).await?;
        match found.is_some_and(|token| token.form().is_some()) {
            true => Ok(StoredToken::MAX_LEN * 2 / 3),
            false => Ok(StoredToken::MAX_LEN),
        }
    }

    pub(super) async fn token(&self, user: &UserId) -> Result<Option<StoredToken>, Violation> {
        let tokens = self.tokens()?;
        Ok(self.pace.timed(tokens.load_token(user, soon())).await?)
    }

    /// A user that no other trial has, even on the same store.
    pub(super) fn user(&self, name: &str) -> Result<UserId, Violation> {
        UserId::new(format!("{:016x}.{name}", self.tag))
            .map_err(|why| Violation::new(why.to_string()))
    }

    pub(super) async fn damage(&self, user: &UserId) -> Result<(), Violation> {
        self.fixture.damage(user).await.map_err(failed)
    }

    pub(super) async fn stall(&self) -> Result<(), Violation> {
        self.fixture.stall().await.map_err(failed)
    }

    pub(super) async fn resume(&self) -> Result<(), Violation> {
        self.fixture.resume().await.map_err(failed)
    }

    pub(super) async fn load(&self, user: &UserId) -> Result<Loaded, Violation> {
        Ok(self
            .pace
            .timed(self.store().load(user, None, soon()))
            .await?)
    }

    pub(super) async fn load_under(
        &self,
        user: &UserId,
        id: &CommitId,
    ) -> Result<Loaded, Violation> {
        Ok(self
            .pace
            .timed(self.store().load(user, Some(id), soon()))
            .await?)
    }

    /// The state, where the session is alive.
    pub(super) async fn state(&self, user: &UserId) -> Result<Option<Box<str>>, Violation> {
        match self.load(user).await?.session {
            Session::Live(record) => Ok(Some(record.data.clone())),
            _ => Ok(None),
        }
    }

    pub(super) async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, Violation> {
        Ok(self.pace.timed(self.store().commit(user, commit)).await?)
    }

    /// A commit that has every reason to apply.
    pub(super) async fn apply(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<Precondition, Violation> {
        Ok(
            answered!(self.commit(user, commit).await?, CommitOutcome::Applied(Some(precondition)) => precondition, "an applied commit"),
        )
    }

    /// Commits a state on whatever there is, to live this long.
    pub(super) async fn write(
        &self,
        user: &UserId,
        state: &str,
        ttl: Duration,
    ) -> Result<Written, Violation> {
        let (id, found) = (CommitId::random(), self.load(user).await?);
        let record = after(&found, state);
        let precondition = self
            .apply(
                user,
                CommitRequest {
                    ttl,
                    ..commit(&id, &found.precondition, &record)
                },
            )
            .await?;
        Ok(Written {
            id,
            record,
            precondition,
        })
    }

    pub(super) async fn put(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, Violation> {
        Ok(self.pace.timed(self.tokens()?.put_token(user, put)).await?)
    }

    pub(super) async fn put_any(
        &self,
        user: &UserId,
        token: &StoredToken,
        ttl: Duration,
    ) -> Result<(), Violation> {
        let put = TokenPut {
            ttl,
            ..put(Some(token), ExpectedToken::Any)
        };
        answered!(self.put(user, put).await?, TokenOutcome::Stored => (), "a stored token");
        Ok(())
    }

    pub(super) async fn acquire(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
    ) -> Result<Lease, Violation> {
        Ok(self
            .pace
            .timed(
                self.tokens()?
                    .acquire_refresh_lease(user, holder, length, soon()),
            )
            .await?)
    }

    pub(super) async fn release(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
    ) -> Result<(), Violation> {
        let tokens = self.tokens()?;
        let release = tokens.release_refresh_lease(user, holder, soon());
        Ok(self.pace.timed(release).await?)
    }

    /// Does the same many times at once.
    pub(super) async fn at_once<T, D>(
        &self,
        times: usize,
        task: impl Fn(Self, usize) -> D,
    ) -> Result<Vec<T>, Violation>
    where
        T: Send + 'static,
        D: Future<Output = Result<T, Violation>> + Send + 'static,
    {
        let tasks: Vec<_> = (0..times)
            .map(|n| tokio::spawn(task(self.clone(), n)))
            .collect();
        let mut results = Vec::with_capacity(times);
        for task in tasks {
            results.push(
                task.await
                    .map_err(|why| Violation::new(format!("a call broke off: {why}")))??,
            );
        }
        Ok(results)
    }
}

/// Whether a commit was applied with this version.
pub(super) fn is_applied(status: &CommitStatus, made: Version) -> bool {
    matches!(status, CommitStatus::Applied { version, .. } if *version == made)
}

/// A fixture that cannot do what it is said to be capable of.
fn failed(why: BoxError) -> Violation {
    Violation::new(format!("the fixture failed: {why}"))
}

/// A deadline that no call has reason to miss.
pub(super) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// A record to follow what was found.
pub(super) fn after(found: &Loaded, state: &str) -> Arc<Record> {
    following(found.session.version(), state)
}

pub(super) fn following(last: Option<Version>, state: &str) -> Arc<Record> {
    Arc::new(Record {
        version: Version::after(last),
        entered_by: CommitId::random(),
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        data: state.into(),
    })
}

pub(super) fn commit<'a>(
    id: &'a CommitId,
    precondition: &'a Precondition,
    record: &'a Arc<Record>,
) -> CommitRequest<'a> {
    CommitRequest {
        id,
        precondition,
        record,
        reply: None,
        drop_token: false,
        ttl: LONG,
        max_lifetime: LONG * 10,
        deadline: soon(),
    }
}

pub(super) fn put<'a>(token: Option<&'a StoredToken>, expected: ExpectedToken<'a>) -> TokenPut<'a> {
    TokenPut {
        token,
        expected,
        ttl: LONG,
        deadline: soon(),
    }
}
