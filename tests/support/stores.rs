//! Every store that ships, as a test meets it.
#![allow(dead_code, unused_macros)] // every test takes what it needs

use std::sync::Arc;

use async_trait::async_trait;
use vimbiso_state::store::conformance::Fixture;
#[cfg(feature = "redis")]
use vimbiso_state::{BoxError, UserId};
use vimbiso_state::{MemoryStore, StateStore};

/// Hands the list to a macro of the caller's: what makes each store, and what a test can do to it beside calling it.
/// One line more is one store more.
macro_rules! each_store {
    ($then:ident) => {
        $then! {
            memory: Shipped::memory, can: [PausedClock, LittleRoom];
            #[cfg(feature = "vault")]
            vault_over_memory: Shipped::vault_over_memory, can: [PausedClock, LittleRoom];
            #[cfg(feature = "redis")]
            redis: Shipped::redis_of_its_own, can: [Damage, Stall, LittleRoom];
            #[cfg(feature = "redis")]
            redis_in_braces: Shipped::redis_in_braces, can: [Damage];
            #[cfg(feature = "redis")]
            redis_over_resp2: Shipped::redis_over_resp2, can: [Damage];
            #[cfg(all(feature = "redis", feature = "vault"))]
            vault_over_redis: Shipped::vault_over_redis, can: [Damage];
        }
    };
}

/// A store, with what it stands on.
pub struct Shipped {
    pub store: Arc<dyn StateStore>,
    #[cfg(feature = "redis")]
    below: Option<on_redis::Below>,
}

impl Shipped {
    fn of(store: impl StateStore + 'static) -> Self {
        Self {
            store: Arc::new(store),
            #[cfg(feature = "redis")]
            below: None,
        }
    }

    pub async fn memory() -> Self {
        Self::of(small())
    }

    #[cfg(feature = "vault")]
    pub async fn vault_over_memory() -> Self {
        Self::of(sealed(small()))
    }
}

/// Room for a few hundred long sessions.
fn small() -> MemoryStore {
    MemoryStore::builder().max_bytes(16 << 20).build().unwrap()
}

#[cfg(feature = "vault")]
fn sealed<S: StateStore>(store: S) -> vimbiso_state::Vault<S> {
    use vimbiso_state::{KeyRing, Vault, VaultKey};
    Vault::new(store, KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap()))
}

#[async_trait]
impl Fixture for Shipped {
    fn store(&self) -> &dyn StateStore {
        &*self.store
    }

    #[cfg(feature = "redis")]
    async fn damage(&self, user: &UserId) -> Result<(), BoxError> {
        self.below.as_ref().ok_or("there is nothing below this store")?.damage(user).await
    }

    #[cfg(feature = "redis")]
    async fn stall(&self) -> Result<(), BoxError> {
        self.server()?.freeze();
        Ok(())
    }

    #[cfg(feature = "redis")]
    async fn resume(&self) -> Result<(), BoxError> {
        self.server()?.thaw();
        Ok(())
    }
}

#[cfg(feature = "redis")]
mod on_redis {
    use redis::AsyncCommands;
    use vimbiso_state::{BoxError, RedisStore, StateStore, UserId};

    use super::Shipped;
    use crate::support::redis::{Redis, namespace};
    use crate::support::server::{Server, raw};

    /// The server below a store, and under which keys the store keeps a user.
    pub(super) struct Below {
        pub(super) redis: Redis,
        keys: Box<dyn Fn(&UserId) -> String + Send + Sync>,
    }

    impl Below {
        /// One of the keys goes, as when it is evicted.
        pub(super) async fn damage(&self, user: &UserId) -> Result<(), BoxError> {
            let gone: u32 = raw(&self.redis.url).await.del(format!("{}_stage", (self.keys)(user))).await?;
            (gone == 1).then_some(()).ok_or_else(|| "there was no stage to take away".into())
        }
    }

    impl Shipped {
        /// The server, where it is the test's own to freeze.
        pub(super) fn server(&self) -> Result<&Server, BoxError> {
            self.below.as_ref().and_then(|below| below.redis.own()).ok_or_else(|| "the server is not the test's own".into())
        }

        fn below(
            store: impl StateStore + 'static,
            redis: Redis,
            keys: impl Fn(&UserId) -> String + Send + Sync + 'static,
        ) -> Self {
            Self { below: Some(Below { redis, keys: Box::new(keys) }), ..Self::of(store) }
        }

        /// A server that this test can freeze, and that is full after some two hundred long sessions.
        pub async fn redis_of_its_own() -> Self {
            let redis = Redis::private(Server::with(&["--maxmemory", "24mb"]));
            let store = RedisStore::connect(redis.url.as_str()).await.unwrap();
            Self::below(store, redis, |user| user.expose().to_owned())
        }

        pub async fn redis_in_braces() -> Self {
            let (redis, namespace) = (Redis::any().await, namespace());
            let builder = RedisStore::builder().namespace(namespace.as_str()).braces(true);
            let store = builder.connect(redis.url.as_str()).await.unwrap();
            Self::below(store, redis, move |user| format!("{namespace}:{{{}}}", user.expose()))
        }

        /// Over a connection that was made before, which speaks the older protocol.
        pub async fn redis_over_resp2() -> Self {
            let (redis, namespace) = (Redis::any().await, namespace());
            let mut connection = raw(&redis.url).await;
            let hello: redis::Value = redis::cmd("HELLO").query_async(&mut connection).await.unwrap();
            assert!(matches!(hello, redis::Value::Array(_)), "RESP3 would answer with a map: {hello:?}");
            let store = RedisStore::builder().namespace(namespace.as_str()).connect_over(connection).await.unwrap();
            Self::below(store, redis, move |user| format!("{namespace}:{}", user.expose()))
        }

        #[cfg(feature = "vault")]
        pub async fn vault_over_redis() -> Self {
            let (redis, namespace) = (Redis::any().await, namespace());
            let store = RedisStore::builder().namespace(namespace.as_str()).connect(redis.url.as_str()).await.unwrap();
            Self::below(super::sealed(store), redis, move |user| format!("{namespace}:{}", user.expose()))
        }
    }
}
