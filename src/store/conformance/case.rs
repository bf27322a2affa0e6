//! One behaviour that runs on one store, and the calls that it makes.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::fixture::Fixture;
use super::requests::{LONG, after, commit, put, soon};
use super::violation::{Violation, extract};
use crate::error::BoxError;
use crate::id::{CommitId, UserId};
use crate::session::Record;
use crate::store::{
    CommitOutcome, CommitRequest, ExpectedToken, Lease, LeaseHolder, Loaded, Precondition, Session,
    StateStore, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

/// A run of one behaviour on one store, with users of its own.
#[derive(Clone)]
pub(super) struct Case {
    fixture: Arc<dyn Fixture>,
    clock: Arc<Clock>,
    tag: u64,
}

/// A commit that was applied.
pub(super) struct Written {
    pub(super) id: CommitId,
    pub(super) record: Arc<Record>,
    /// The precondition of the next commit.
    pub(super) precondition: Precondition,
}

impl Case {
    pub(super) fn new(fixture: impl Fixture + 'static, clock: Arc<Clock>) -> Self {
        Self {
            fixture: Arc::new(fixture),
            clock,
            // Several cases may use one store.
            tag: rand::random(),
        }
    }

    /// The lifetime of something that must expire during the case.
    pub(super) fn short(&self) -> Duration {
        self.clock.short()
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    /// Awaits a call, and notes how slow it was.
    pub(super) async fn timed<T>(&self, call: impl Future<Output = T>) -> T {
        self.clock.timed(call).await
    }

    pub(super) fn store(&self) -> &dyn StateStore {
        self.fixture.store()
    }

    pub(super) fn tokens(&self) -> Result<&dyn TokenStore, Violation> {
        self.store()
            .tokens()
            .ok_or_else(|| Violation::new("the store keeps no tokens"))
    }

    /// A user that no other case has, even on the same store.
    pub(super) fn user(&self, name: &str) -> Result<UserId, Violation> {
        UserId::encode(format!("{:016x}.{name}", self.tag))
            .map_err(|why| Violation::new(why.to_string()))
    }

    pub(super) async fn corrupt(&self, user: &UserId) -> Result<(), Violation> {
        self.fixture.corrupt(user).await.map_err(fixture_failed)
    }

    pub(super) async fn corrupt_outbox(&self, user: &UserId) -> Result<(), Violation> {
        self.fixture
            .corrupt_outbox(user)
            .await
            .map_err(fixture_failed)
    }

    pub(super) async fn stall(&self) -> Result<(), Violation> {
        self.fixture.stall().await.map_err(fixture_failed)
    }

    pub(super) async fn resume(&self) -> Result<(), Violation> {
        self.fixture.resume().await.map_err(fixture_failed)
    }

    pub(super) async fn load(&self, user: &UserId) -> Result<Loaded, Violation> {
        let load = self.store().load(user, None, soon());
        Ok(self.timed(load).await?)
    }

    pub(super) async fn load_with(
        &self,
        user: &UserId,
        id: &CommitId,
    ) -> Result<Loaded, Violation> {
        let load = self.store().load(user, Some(id), soon());
        Ok(self.timed(load).await?)
    }

    /// The data of a live session.
    pub(super) async fn data(&self, user: &UserId) -> Result<Option<Box<str>>, Violation> {
        match self.load(user).await?.session {
            Session::Live(record) => Ok(Some(record.data.clone())),
            _ => Ok(None),
        }
    }

    pub(super) async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, Violation> {
        Ok(self.timed(self.store().commit(user, request)).await?)
    }

    /// Sends a commit that must be applied, and returns the precondition of the next one.
    pub(super) async fn apply(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<Precondition, Violation> {
        let precondition = extract!(
            self.commit(user, request).await?,
            CommitOutcome::Applied(Some(precondition)) => precondition,
            "an applied commit"
        );
        Ok(precondition)
    }

    /// Loads the session and commits this data over it, to live for `ttl`.
    pub(super) async fn write(
        &self,
        user: &UserId,
        data: &str,
        ttl: Duration,
    ) -> Result<Written, Violation> {
        let id = CommitId::random();
        let loaded = self.load(user).await?;
        let record = after(&loaded, data);
        let request = CommitRequest {
            ttl,
            ..commit(&id, &loaded.precondition, &record)
        };
        let precondition = self.apply(user, request).await?;
        Ok(Written {
            id,
            record,
            precondition,
        })
    }

    pub(super) async fn token(&self, user: &UserId) -> Result<Option<StoredToken>, Violation> {
        let load = self.tokens()?.load_token(user, soon());
        Ok(self.timed(load).await?)
    }

    pub(super) async fn put(
        &self,
        user: &UserId,
        request: TokenPut<'_>,
    ) -> Result<TokenOutcome, Violation> {
        let put = self.tokens()?.put_token(user, request);
        Ok(self.timed(put).await?)
    }

    /// Stores a token over any other.
    pub(super) async fn put_any(
        &self,
        user: &UserId,
        token: &StoredToken,
        ttl: Duration,
    ) -> Result<(), Violation> {
        let request = TokenPut {
            ttl,
            ..put(Some(token), ExpectedToken::Any)
        };
        let answer = self.put(user, request).await?;
        extract!(answer, TokenOutcome::Stored => (), "a token to be stored over any other");
        Ok(())
    }

    /// The length of the longest token, and of the longest reply.
    ///
    /// A vault keeps a text whose sealed form is not too long for the store inside, so it keeps
    /// less.
    pub(super) async fn longest_text(&self) -> Result<usize, Violation> {
        if self.store().tokens().is_none() {
            return Ok(StoredToken::MAX_LEN);
        }
        let user = self.user("short")?;
        self.put_any(&user, &StoredToken::new("short"), LONG)
            .await?;
        let loaded = self.token(&user).await?;
        match loaded.is_some_and(|token| token.form().is_some()) {
            true => Ok(StoredToken::MAX_LEN * 2 / 3),
            false => Ok(StoredToken::MAX_LEN),
        }
    }

    pub(super) async fn acquire(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
    ) -> Result<Lease, Violation> {
        let tokens = self.tokens()?;
        let acquire = tokens.acquire_refresh_lease(user, holder, length, soon());
        Ok(self.timed(acquire).await?)
    }

    pub(super) async fn release(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
    ) -> Result<(), Violation> {
        let tokens = self.tokens()?;
        let release = tokens.release_refresh_lease(user, holder, soon());
        Ok(self.timed(release).await?)
    }

    /// Runs many tasks at the same time; each gets its number.
    pub(super) async fn at_once<T, D>(
        &self,
        count: usize,
        task: impl Fn(Self, usize) -> D,
    ) -> Result<Vec<T>, Violation>
    where
        T: Send + 'static,
        D: Future<Output = Result<T, Violation>> + Send + 'static,
    {
        // All tasks are spawned before the first one is awaited.
        let tasks: Vec<_> = (0..count)
            .map(|n| tokio::spawn(task(self.clone(), n)))
            .collect();
        let mut results = Vec::with_capacity(count);
        for task in tasks {
            let ended = task.await;
            let result = ended.map_err(|why| Violation::new(format!("a call failed: {why}")))?;
            results.push(result?);
        }
        Ok(results)
    }
}

/// The fixture lacks a capability that it was declared to have.
fn fixture_failed(why: BoxError) -> Violation {
    Violation::new(format!("the fixture failed: {why}"))
}
