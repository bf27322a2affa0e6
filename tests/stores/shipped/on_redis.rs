//! The Redis store, in each way in which it can be connected and laid out.

use harness::cluster::Cluster;
use harness::redis::{Redis, namespace};
use harness::server::{Server, raw};
use redis::{Cmd, Value, cmd};
use tokio::sync::OnceCell;
use vimbiso_state::store::{KeyLayout, RedisStoreBuilder};
use vimbiso_state::{RedisStore, UserId};

use super::{BoxError, Shipped};

/// The servers of a store, and how a session is corrupted there.
pub(super) struct Database {
    urls: Vec<String>,
    /// `None` if all tests share the servers.
    redis: Option<Redis>,
    namespace: String,
    corruption: Corruption,
}

/// The command that corrupts a session, by namespace and user id.
type Corruption = fn(&str, &str) -> Cmd;

/// One of the keys is removed, as by an eviction.
fn without_stage(namespace: &str, id: &str) -> Cmd {
    Cmd::del(format!("{namespace}:{id}_stage"))
}

/// The same for keys in braces.
fn without_stage_in_braces(namespace: &str, id: &str) -> Cmd {
    Cmd::del(format!("{namespace}:{{{id}}}_stage"))
}

/// A session of one key cannot lose a part, so it is overwritten.
fn overwritten(namespace: &str, id: &str) -> Cmd {
    Cmd::set(format!("{namespace}:{id}"), "junk")
}

impl Database {
    pub(super) async fn corrupt(&self, user: &UserId) -> Result<(), BoxError> {
        let command = (self.corruption)(&self.namespace, user.expose());
        for url in &self.urls {
            match command.exec_async(&mut raw(url).await).await {
                // Another node of the cluster holds it.
                Err(moved) if moved.redirect_node().is_some() => {}
                done => done?,
            }
        }
        Ok(())
    }
}

impl Database {
    /// Writes the outbox in a form of a later release.
    pub(super) async fn corrupt_outbox(&self, user: &UserId) -> Result<(), BoxError> {
        let user = user.expose();
        for name in [format!("{user}_outbox"), format!("{{{user}}}_outbox")] {
            let key = format!("{}:{name}", self.namespace);
            for url in &self.urls {
                let mut redis = raw(url).await;
                let exists: Result<bool, _> = cmd("EXISTS").arg(&key).query_async(&mut redis).await;
                if let Ok(true) = exists {
                    let later = Cmd::hset(&key, "state", "9 in a later form");
                    later.exec_async(&mut redis).await?;
                }
            }
        }
        Ok(())
    }
}

impl Shipped {
    /// The server, if the test may freeze it.
    pub(super) fn server(&self) -> Result<&Server, BoxError> {
        let database = self.redis.as_ref();
        let redis = database.and_then(|database| database.redis.as_ref());
        let own = redis.and_then(Redis::own);
        own.ok_or_else(|| "the server is shared with other tests".into())
    }

    /// Under a namespace of its own, on any server.
    async fn redis(
        settings: impl FnOnce(RedisStoreBuilder) -> RedisStoreBuilder,
        corruption: Corruption,
    ) -> Self {
        let redis = Redis::any().await;
        let url = redis.url.clone();
        Self::connected(redis, &url, settings, corruption).await
    }

    pub(crate) async fn redis_in_braces() -> Self {
        Self::redis(|store| store.braces(true), without_stage_in_braces).await
    }

    pub(crate) async fn redis_of_one_key() -> Self {
        Self::redis(|store| store.layout(KeyLayout::OneKey), overwritten).await
    }

    #[cfg(feature = "vault")]
    pub(crate) async fn vault_over_redis() -> Self {
        Self::redis(|store| store, without_stage).await.sealed()
    }

    /// A server that this test can freeze, and that is full after some two hundred long sessions.
    pub(crate) async fn redis_of_its_own() -> Self {
        let server = Server::with(&["--maxmemory", "24mb"]);
        let url = server.url();
        Self::connected(Redis::private(server), &url, |store| store, without_stage).await
    }

    /// A server that speaks TLS only.
    #[cfg(feature = "tls")]
    pub(crate) async fn redis_over_tls() -> Self {
        let authority = harness::certificates::Authority::new("ours");
        let signed = authority.sign();
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
        corruption: Corruption,
    ) -> Self {
        let namespace = namespace();
        let builder = settings(RedisStore::builder().namespace(namespace.as_str()));
        let store = builder.connect(url).await.unwrap();
        Self::on(store, redis, namespace, corruption)
    }

    fn on(store: RedisStore, redis: Redis, namespace: String, corruption: Corruption) -> Self {
        let database = Database {
            urls: vec![redis.url.clone()],
            redis: Some(redis),
            namespace,
            corruption,
        };
        Self {
            redis: Some(database),
            ..Self::of(store)
        }
    }

    /// Over a connection that was made before, which speaks the older protocol.
    pub(crate) async fn redis_over_resp2() -> Self {
        let redis = Redis::any().await;
        let namespace = namespace();
        let mut connection = raw(&redis.url).await;
        let hello: Value = cmd("HELLO").query_async(&mut connection).await.unwrap();
        let is_resp2 = matches!(hello, Value::Array(_));
        assert!(is_resp2, "RESP3 would answer with a map: {hello:?}");
        let store = RedisStore::builder()
            .namespace(namespace.as_str())
            .connect_over(connection)
            .await
            .unwrap();
        Self::on(store, redis, namespace, without_stage)
    }

    /// Three nodes, which the tests of this process share.
    pub(crate) async fn redis_on_a_cluster() -> Self {
        static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
        let cluster = CLUSTER.get_or_init(|| Cluster::start(3)).await;
        let urls = cluster.urls();
        let namespace = namespace();
        let store = RedisStore::builder()
            .namespace(namespace.as_str())
            .connect_cluster(urls.iter().map(String::as_str))
            .await
            .unwrap();
        let database = Database {
            urls,
            redis: None,
            namespace,
            corruption: without_stage_in_braces,
        };
        Self {
            redis: Some(database),
            ..Self::of(store)
        }
    }
}
