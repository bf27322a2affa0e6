//! Every store that ships, as a test meets it.

use std::sync::Arc;

use async_trait::async_trait;
use vimbiso_state::store::conformance::Fixture;
#[cfg(feature = "redis")]
use vimbiso_state::{BoxError, UserId};
use vimbiso_state::{MemoryStore, StateStore};
#[cfg(feature = "redis")]
pub use {on_redis::in_junk, redis::Cmd, vimbiso_state::store::KeyLayout};

#[cfg(all(feature = "redis", feature = "vault"))]
pub use on_redis::without_stage;

/// Hands the list to a macro of the caller's: what makes each store, and what a test can do to it beside calling it.
/// One line more is one store more.
macro_rules! each_store {
    ($then:ident) => {
        $then! {
            memory: Shipped::memory, can: [PausedClock, LittleRoom];
            #[cfg(feature = "vault")]
            vault_over_memory: async || Shipped::memory().await.sealed(), can: [PausedClock, LittleRoom];
            #[cfg(feature = "redis")]
            redis: Shipped::redis_of_its_own, can: [Corruption, Stall, LittleRoom];
            #[cfg(feature = "redis")]
            redis_in_braces:
                async || Shipped::redis(|store| store.braces(true), |space, id| Cmd::del(format!("{space}:{{{id}}}_stage"))).await,
                can: [Corruption];
            #[cfg(feature = "redis")]
            redis_of_one_key: async || Shipped::redis(|store| store.layout(KeyLayout::OneKey), in_junk).await, can: [Corruption];
            #[cfg(feature = "redis")]
            redis_over_resp2: Shipped::redis_over_resp2, can: [Corruption];
            #[cfg(feature = "redis")]
            redis_on_a_cluster: Shipped::redis_on_a_cluster, can: [Corruption];
            #[cfg(feature = "tls")]
            redis_over_tls: Shipped::redis_over_tls, can: [Corruption];
            #[cfg(all(feature = "redis", feature = "vault"))]
            vault_over_redis: async || Shipped::redis(|store| store, without_stage).await.sealed(), can: [Corruption];
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

    /// The same behind a vault.
    #[cfg(feature = "vault")]
    pub fn sealed(self) -> Self {
        use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
        let keys = KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
        Self {
            store: Arc::new(Vault::new(self.store, keys)),
            ..self
        }
    }
}

/// Room for a few hundred long sessions.
fn small() -> MemoryStore {
    MemoryStore::builder().max_bytes(16 << 20).build().unwrap()
}

#[async_trait]
impl Fixture for Shipped {
    fn store(&self) -> &dyn StateStore {
        &*self.store
    }

    #[cfg(feature = "redis")]
    async fn damage(&self, user: &UserId) -> Result<(), BoxError> {
        self.below
            .as_ref()
            .ok_or("there is nothing below this store")?
            .damage(user)
            .await
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
pub mod on_redis {
    use redis::Cmd;
    use vimbiso_state::store::RedisStoreBuilder;
    use vimbiso_state::{BoxError, RedisStore, UserId};

    use tokio::sync::OnceCell;

    use super::Shipped;
    use harness::cluster::Cluster;
    use harness::redis::{Redis, namespace};
    use harness::server::{Server, raw};

    /// The servers below a store, and what spoils a session there.
    pub struct Below {
        urls: Vec<String>,
        /// Unless all tests share it.
        redis: Option<Redis>,
        namespace: String,
        spoil: Spoil,
    }

    /// Of a namespace and a user id.
    type Spoil = fn(&str, &str) -> Cmd;

    /// One of the keys goes, as when it is evicted.
    pub fn without_stage(namespace: &str, id: &str) -> Cmd {
        Cmd::del(format!("{namespace}:{id}_stage"))
    }

    /// A session of one key cannot lose a part: it is overwritten.
    pub fn in_junk(namespace: &str, id: &str) -> Cmd {
        Cmd::set(format!("{namespace}:{id}"), "junk")
    }

    impl Below {
        pub(super) async fn damage(&self, user: &UserId) -> Result<(), BoxError> {
            let spoil = (self.spoil)(&self.namespace, user.expose());
            for url in &self.urls {
                match spoil.exec_async(&mut raw(url).await).await {
                    // Another node has it.
                    Err(moved) if moved.redirect_node().is_some() => {}
                    done => done?,
                }
            }
            Ok(())
        }
    }

    impl Shipped {
        /// The server, where it is the test's own to freeze.
        pub(super) fn server(&self) -> Result<&Server, BoxError> {
            self.below
                .as_ref()
                .and_then(|below| below.redis.as_ref()?.own())
                .ok_or_else(|| "the server is not the test's own".into())
        }

        /// Under a namespace that nobody else has, on any server.
        pub async fn redis(
            settings: impl FnOnce(RedisStoreBuilder) -> RedisStoreBuilder,
            spoil: Spoil,
        ) -> Self {
            let redis = Redis::any().await;
            let url = redis.url.clone();
            Self::connected(redis, &url, settings, spoil).await
        }

        /// A server that this test can freeze, and that is full after some two hundred long sessions.
        pub async fn redis_of_its_own() -> Self {
            let server = Server::with(&["--maxmemory", "24mb"]);
            let url = server.url();
            Self::connected(Redis::private(server), &url, |store| store, without_stage).await
        }

        /// A server that speaks nothing but TLS.
        #[cfg(feature = "tls")]
        pub async fn redis_over_tls() -> Self {
            let authority = harness::certificates::Authority::new("ours");
            let signed = authority.signs();
            let server = Server::over_tls(&[], &signed.certificate, &signed.key);
            let server = server.expect("this redis-server was built without TLS");
            let url = server.url();
            let settings = |store: RedisStoreBuilder| store.root_certificates(authority.pem);
            Self::connected(Redis::private(server), &url, settings, without_stage).await
        }

        async fn connected(
            redis: Redis,
            url: &str,
            settings: impl FnOnce(RedisStoreBuilder) -> RedisStoreBuilder,
            spoil: Spoil,
        ) -> Self {
            let namespace = namespace();
            let builder = settings(RedisStore::builder().namespace(namespace.as_str()));
            let store = builder.connect(url).await.unwrap();
            let urls = vec![redis.url.clone()];
            Self {
                below: Some(Below {
                    urls,
                    redis: Some(redis),
                    namespace,
                    spoil,
                }),
                ..Self::of(store)
            }
        }

        /// Over a connection that was made before, which speaks the older protocol.
        pub async fn redis_over_resp2() -> Self {
            let (redis, namespace) = (Redis::any().await, namespace());
            let mut connection = raw(&redis.url).await;
            let hello: redis::Value = redis::cmd("HELLO")
                .query_async(&mut connection)
                .await
                .unwrap();
            assert!(
                matches!(hello, redis::Value::Array(_)),
                "RESP3 would answer with a map: {hello:?}"
            );
            let store = RedisStore::builder()
                .namespace(namespace.as_str())
                .connect_over(connection)
                .await
                .unwrap();
            let urls = vec![redis.url.clone()];
            Self {
                below: Some(Below {
                    urls,
                    redis: Some(redis),
                    namespace,
                    spoil: without_stage,
                }),
                ..Self::of(store)
            }
        }

        /// Three nodes, which the tests of this process share.
        pub async fn redis_on_a_cluster() -> Self {
            static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
            let (urls, namespace) = (
                CLUSTER.get_or_init(|| Cluster::start(3)).await.urls(),
                namespace(),
            );
            let builder = RedisStore::builder().namespace(namespace.as_str());
            let store = builder
                .connect_cluster(urls.iter().map(String::as_str))
                .await
                .unwrap();
            let spoil: Spoil = |space, id| Cmd::del(format!("{space}:{{{id}}}_stage"));
            Self {
                below: Some(Below {
                    urls,
                    redis: None,
                    namespace,
                    spoil,
                }),
                ..Self::of(store)
            }
        }
    }
}
