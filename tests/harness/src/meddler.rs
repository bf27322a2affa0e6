//! A store that does something of its own before each commit, or each call, as the rest of the world does.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, LeaseHolder, Loaded, TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

type Meddle = dyn Fn(UserId) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

pub struct Meddler {
    store: MemoryStore,
    before_commit: Box<Meddle>,
    before_any: Box<dyn Fn() + Send + Sync>,
    namespace: &'static str,
}

impl Meddler {
    pub fn new<M: Future<Output = ()> + Send + 'static>(
        store: MemoryStore,
        before_commit: impl Fn(UserId) -> M + Send + Sync + 'static,
    ) -> Self {
        let before_commit: Box<Meddle> = Box::new(move |user| Box::pin(before_commit(user)));
        Self {
            store,
            before_commit,
            before_any: Box::new(|| ()),
            namespace: "",
        }
    }

    pub fn before_any(self, before_any: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            before_any: Box::new(before_any),
            ..self
        }
    }

    /// The same store under another name. It keeps nobody apart, so that a test can do what a namespace prevents.
    pub fn named(store: MemoryStore, namespace: &'static str) -> Self {
        Self {
            namespace,
            ..Self::new(store, |_| async {})
        }
    }
}

impl fmt::Debug for Meddler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meddler")
    }
}

#[async_trait]
impl StateStore for Meddler {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        (self.before_any)();
        self.store.load(user, commit, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        (self.before_any)();
        (self.before_commit)(user.clone()).await;
        self.store.commit(user, commit).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        (self.before_any)();
        self.store.resolve(user, commit, deadline).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        (self.before_any)();
        self.store.put_token(user, put).await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        (self.before_any)();
        self.store
            .acquire_refresh_lease(user, owner, lease, deadline)
            .await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        (self.before_any)();
        self.store.delete(user, deadline).await
    }

    fn retention(&self) -> Duration {
        self.store.retention()
    }

    fn namespace(&self) -> &str {
        self.namespace
    }
}
