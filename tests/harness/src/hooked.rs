//! A store that calls a hook before and after each of its calls.

mod outbox;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Loaded, OutboxChanges,
    OutboxStore, StoredToken, Taken, TokenOutcome, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

/// A call of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Load,
    Commit,
    Resolve,
    Delete,
    LoadToken,
    PutToken,
    AcquireLease,
    ReleaseLease,
    CommitWith,
    Take,
    Settle,
    ReadOutbox,
    ShowOutbox,
    Remove,
    Due,
}

/// What happens around the calls of a store. An error fails the call, before or after it is carried
/// out.
#[async_trait]
pub trait Hook: Send + Sync {
    async fn before(&self, call: Call, user: &UserId) -> Result<(), StoreError>;

    async fn after(&self, _call: Call, _user: &UserId) -> Result<(), StoreError> {
        Ok(())
    }

    /// What a take was answered, after the call.
    fn taken(&self, _taken: &Taken) {}

    /// Whether the answer to this commit is lost, so that the commit is sent again.
    async fn loses_answer(&self, _changes: &OutboxChanges<'_>) -> bool {
        false
    }
}

#[derive(Clone)]
pub struct Hooked<S, H> {
    pub store: S,
    pub hook: H,
    namespace: Option<&'static str>,
}

impl<S: StateStore, H: Hook> Hooked<S, H> {
    pub fn new(store: S, hook: H) -> Self {
        Self {
            store,
            hook,
            namespace: None,
        }
    }

    /// The same store with another namespace by name alone: it isolates nothing, so that a test can
    /// do what a namespace prevents.
    pub fn named(self, namespace: &'static str) -> Self {
        Self {
            namespace: Some(namespace),
            ..self
        }
    }

    async fn around<T>(
        &self,
        call: Call,
        user: &UserId,
        run: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.hook.before(call, user).await?;
        let done = run.await;
        self.hook.after(call, user).await?;
        done
    }

    fn inner_tokens(&self) -> &dyn TokenStore {
        self.store.tokens().expect("the store keeps tokens")
    }
}

impl<S, H> fmt::Debug for Hooked<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooked")
    }
}

#[async_trait]
impl<S: StateStore, H: Hook> StateStore for Hooked<S, H> {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        let run = self.store.load(user, commit, deadline);
        self.around(Call::Load, user, run).await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let run = self.store.commit(user, request);
        self.around(Call::Commit, user, run).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        let run = self.store.resolve(user, commit, deadline);
        self.around(Call::Resolve, user, run).await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        let run = self.store.delete(user, deadline);
        self.around(Call::Delete, user, run).await
    }

    fn retention(&self) -> Duration {
        self.store.retention()
    }

    fn namespace(&self) -> &str {
        self.namespace.unwrap_or(self.store.namespace())
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        self.store.tokens().map(|_| self as &dyn TokenStore)
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        self.store.outbox().map(|_| self as &dyn OutboxStore)
    }
}

#[async_trait]
impl<S: StateStore, H: Hook> TokenStore for Hooked<S, H> {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        let run = self.inner_tokens().load_token(user, deadline);
        self.around(Call::LoadToken, user, run).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let run = self.inner_tokens().put_token(user, put);
        self.around(Call::PutToken, user, run).await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let tokens = self.inner_tokens();
        let run = tokens.acquire_refresh_lease(user, holder, length, deadline);
        self.around(Call::AcquireLease, user, run).await
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let run = self
            .inner_tokens()
            .release_refresh_lease(user, holder, deadline);
        self.around(Call::ReleaseLease, user, run).await
    }
}
