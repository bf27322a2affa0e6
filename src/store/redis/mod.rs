//! The Redis store: sessions shared by any number of processes, under the specification's keys.

mod builder;
mod call;
mod check;
mod cluster;
mod command;
mod commit;
mod done;
mod fault;
mod five_keys;
mod keys;
mod layout;
mod line;
mod link;
mod one_key;
mod precondition;
mod reply;
mod script;
mod servers;
mod tls;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{IntoConnectionInfo, Value};
use tokio::time::Instant;

use super::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Loaded, StateStore, StoreError,
    StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use crate::error::Error;
use crate::id::{CommitId, UserId};
pub use builder::RedisStoreBuilder;
use call::{Answer, NoAnswer, Request};
use commit::Sent;
use fault::Fault;
use keys::{Key, Keys, Layout};
pub use layout::KeyLayout;
use servers::Servers;

/// Remembers sessions in Redis 6.2 or later, or Valkey, for any number of processes.
///
/// Keeps the whole [contract](StateStore#contract): a load is one round trip, a commit is one, and one script on the server
/// that does all or nothing. Sessions stand under the specification's five keys, of which the token's expires in its own time and the
/// four others in the same millisecond, or [under one](KeyLayout::OneKey) and the token's; four more of the user's remember versions,
/// commit ids and who refreshes the token.
///
/// All calls share one connection, or in a [cluster](RedisStoreBuilder::connect_cluster) one to each node, which is made again when
/// it is lost, or silent for too long. A call waits for its answer until its deadline is over, and asks again over a new
/// connection; since a store knows its commits by their ids, asking twice does no harm. Only a `forget`, or a token put over
/// anything or where there was none, fails where its connection is lost: were it sent again, the first might arrive last, over what
/// was written since. Speaks RESP3. All processes on the same keys need the same retention.
///
/// What Redis itself keeps across a crash or a failover is a matter of its settings: a session may come back older than it
/// was, never mixed.
///
/// # Examples
/// ```no_run
/// # async fn connect() -> Result<(), vimbiso_state::Error> {
/// use vimbiso_state::RedisStore;
///
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    servers: Arc<Servers>,
    settings: Settings,
}

#[derive(Debug, Clone)]
struct Settings {
    layout: Layout,
    retention: Duration,
    connect_timeout: Duration,
    response_timeout: Duration,
}

/// Shows where sessions stand, and nothing of how the server is reached.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Connects with the default settings; see [`RedisStoreBuilder::connect`].
    ///
    /// # Errors
    /// As [`RedisStoreBuilder::connect`].
    pub async fn connect(server: impl IntoConnectionInfo) -> Result<Self, Error> {
        Self::builder().connect(server).await
    }

    /// A store with settings of its own.
    pub fn builder() -> RedisStoreBuilder {
        RedisStoreBuilder::new()
    }

    fn keys(&self, user: &UserId) -> Keys {
        self.settings.layout.keys(user)
    }

    async fn call(
        &self,
        about: &Keys,
        request: &Request,
        deadline: Instant,
    ) -> Result<Answer, NoAnswer> {
        self.servers
            .call(
                about.id(),
                request,
                self.settings.response_timeout,
                deadline,
            )
            .await
    }

    async fn ask(
        &self,
        about: &Keys,
        request: &Request,
        deadline: Instant,
    ) -> Result<Value, StoreError> {
        Ok(self.call(about, request, deadline).await?.value)
    }
}

/// What a load makes of these values: a door for the fuzzer, and for nobody else.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn read_reply(layout: KeyLayout, values: Vec<Option<Vec<u8>>>) -> Result<Loaded, StoreError> {
    let value = |bytes: Option<Vec<u8>>| bytes.map_or(Value::Nil, Value::BulkString);
    Ok(layout.loaded(values.into_iter().map(value).collect())?)
}

impl From<NoAnswer> for StoreError {
    fn from(none: NoAnswer) -> Self {
        none.fault.into()
    }
}

#[async_trait]
impl StateStore for RedisStore {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        let keys = self.keys(user);
        let reads = self.settings.layout.keys.reads(&keys, commit);
        match self
            .ask(&keys, &Request::Transaction(reads), deadline)
            .await?
        {
            Value::Array(values) => Ok(self.settings.layout.keys.loaded(values)?),
            _ => Err(Fault::NOT_OURS.into()),
        }
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let keys = self.keys(user);
        let sent = Sent::of(
            self.settings.layout.keys,
            &keys,
            &commit,
            script::millis(self.settings.retention),
        )?;
        let answer = self.call(&keys, &sent.request, commit.deadline).await;
        sent.outcome(&commit, answer)
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        let keys = self.keys(user);
        let mut call = script::RESOLVE.on(&keys, Key::DONE);
        call.arg(commit.to_string())
            .arg(done::FENCE)
            .arg(script::millis(self.settings.retention));
        let recorded = self
            .ask(&keys, &Request::Script(&script::RESOLVE, call), deadline)
            .await?;
        Ok(done::parse(&reply::bytes(recorded)?.unwrap_or_default())?)
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        let keys = self.keys(user);
        let mut delete = redis::cmd("DEL");
        delete.arg(Key::ALL.map(|key| keys.name(key)).as_slice());
        self.ask(&keys, &Request::Deletion(delete), deadline)
            .await
            .map(drop)
    }

    fn retention(&self) -> Duration {
        self.settings.retention
    }

    fn namespace(&self) -> &str {
        self.settings
            .layout
            .namespace
            .as_deref()
            .unwrap_or_default()
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        Some(self)
    }
}

#[async_trait]
impl TokenStore for RedisStore {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        let keys = self.keys(user);
        token::loaded(self.ask(&keys, &token::load(&keys), deadline).await?)
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let keys = self.keys(user);
        let answer = self
            .call(&keys, &token::request(&keys, &put), put.deadline)
            .await?;
        token::outcome(&put, answer)
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let keys = self.keys(user);
        match self
            .ask(&keys, &token::claim(&keys, owner, lease), deadline)
            .await?
        {
            Value::Int(0) => Ok(Lease::Acquired),
            Value::Int(left) => Ok(Lease::Held {
                remaining: Duration::from_millis(left.unsigned_abs()),
            }),
            _ => Err(Fault::NOT_OURS.into()),
        }
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let keys = self.keys(user);
        match self
            .ask(&keys, &token::release(&keys, owner), deadline)
            .await?
        {
            Value::Int(_) => Ok(()),
            _ => Err(Fault::NOT_OURS.into()),
        }
    }
}
