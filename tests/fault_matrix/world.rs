//! What a fault affects: a server with a session, a store that reaches it, and a commit that is
//! ready to be sent.

use std::collections::BTreeMap;
use std::time::Duration;

#[cfg(feature = "tls")]
use harness::certificates::{Authority, Signed};
use harness::cluster::{Cluster, Move, slot, until};
use harness::command::{run, run_words, try_run};
use harness::gateway::Gateway;
use harness::proxy::Proxy;
use harness::server::Server;
use harness::sessions::{Attempt, prepare, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::task::JoinHandle;
use vimbiso_state::RedisStore;
use vimbiso_state::store::RedisStoreBuilder;

use crate::injection::Impossible;
use crate::row::{Route, Row};

/// The keys of a user, in the form in which a server moves them.
pub type Dump = BTreeMap<String, Vec<u8>>;

#[cfg(feature = "tls")]
pub const NO_TLS: Impossible = "this redis-server was built without TLS";

pub struct World {
    /// The server, or the node of a cluster, that has the user's keys.
    pub server: Server,
    /// The other node of a cluster.
    other: Option<Server>,
    /// The user's slot while it moves to the other node.
    moving: Option<Move>,
    proxy: Option<Proxy>,
    gateway: Option<Gateway>,
    pub admin: MultiplexedConnection,
    /// The root that the store trusts, if it speaks TLS.
    #[cfg(feature = "tls")]
    pub authority: Authority,
    pub url: String,
    /// The settings of a store that connects during the fault.
    pub builder: RedisStoreBuilder,
    pub store: RedisStore,
    /// The session's last commit, and the one before it.
    pub kept: Attempt,
    pub earlier: Attempt,
    /// A commit on the session as it is, not sent yet.
    pub next: Attempt,
    pub impostor: Option<JoinHandle<()>>,
    /// The keys that were set aside, with their values.
    set_aside: BTreeMap<String, Option<Vec<u8>>>,
    /// What the fault has written instead.
    damaged: Dump,
}

impl World {
    pub async fn of(row: &Row) -> Result<Self, Impossible> {
        #[cfg_attr(not(feature = "tls"), allow(unused_mut))] // changed for TLS alone
        let mut builder = RedisStore::builder();
        let mut other = None;
        #[cfg(feature = "tls")]
        let authority = Authority::new("ours");
        let server = match row.route {
            Route::Cluster => {
                let (server, second) = nodes().await;
                other = Some(second);
                server
            }
            #[cfg(feature = "tls")]
            Route::Tls => {
                let Signed { certificate, key } = authority.sign();
                // Handshakes are slow if many tests run at a time.
                builder = builder
                    .connect_timeout(Duration::from_secs(2))
                    .root_certificates(authority.pem.as_str());
                Server::over_tls(row.settings, &certificate, &key).ok_or(NO_TLS)?
            }
            _ => Server::with(row.settings),
        };
        let mut admin = server.raw().await;
        let mut proxy = None;
        let mut gateway = None;
        let mut url = server.url();
        let mut response_timeout = Duration::from_millis(500);
        match row.route {
            Route::Direct | Route::Tls => {}
            Route::Proxy => {
                let before = Proxy::before(server.port()).await;
                url = before.url();
                response_timeout = Duration::from_millis(100);
                proxy = Some(before);
            }
            Route::Gateway => {
                let before = Gateway::before(server.port()).await;
                url = before.url();
                gateway = Some(before);
            }
            Route::Cluster => {
                let before = Proxy::before(server.port()).await;
                let port = before.port();
                let () = run(
                    &mut admin,
                    &format!("CONFIG SET cluster-announce-port {port}"),
                )
                .await;
                let other = other.as_ref().unwrap();
                let announced = format!(":{port}@");
                until(&mut other.raw().await, "CLUSTER NODES", &announced).await;
                url = other.url();
                response_timeout = Duration::from_millis(100);
                proxy = Some(before);
            }
            Route::Bot => {
                let () = run(&mut admin, "ACL SETUSER bot on >s3cret ~* +@all").await;
                url = url.replace("redis://", "redis://bot:s3cret@");
            }
        }
        let connecting = builder.clone().response_timeout(response_timeout);
        let store = match row.route {
            Route::Cluster => connecting.connect_cluster([url.as_str()]).await.unwrap(),
            _ => connecting.connect(url.as_str()).await.unwrap(),
        };
        if row.route == Route::Tls {
            // In a build without TLS, the store was connected without it.
            url = url.replace("redis://", "rediss://");
        }
        let earlier = write(&store, r#"{"secret-state":0}"#).await;
        // The snapshot that a server starts with if it loses the newest commits.
        let () = run(&mut admin, "SAVE").await;
        let kept = write(&store, r#"{"secret-state":1}"#).await;
        let next = prepare(&store, r#"{"secret-state":2}"#).await;
        Ok(Self {
            server,
            other,
            moving: None,
            proxy,
            gateway,
            admin,
            #[cfg(feature = "tls")]
            authority,
            url,
            builder,
            store,
            kept,
            earlier,
            next,
            impostor: None,
            set_aside: BTreeMap::new(),
            damaged: Dump::new(),
        })
    }

    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().unwrap()
    }

    pub fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    /// Has the nodes of a cluster name each other without a host.
    pub async fn name_no_host(&mut self) -> Result<(), Impossible> {
        let setting = "CONFIG SET cluster-preferred-endpoint-type unknown-endpoint";
        let words: Vec<_> = setting.split(' ').collect();
        let mut other = self.other.as_ref().unwrap().raw().await;
        for redis in [&mut self.admin, &mut other] {
            let set = try_run::<()>(redis, &words).await;
            set.map_err(|_| "the nodes of this server always name an address")?;
        }
        Ok(())
    }

    pub fn has_struck(&self) -> bool {
        self.proxy.as_ref().is_none_or(Proxy::has_struck)
    }

    pub async fn command(&mut self, command: &str) {
        let _: redis::Value = run(&mut self.admin, command).await;
    }

    pub fn key(&self, suffix: &str) -> String {
        match self.other {
            Some(_) => key_in_cluster(suffix),
            None => format!("{}{suffix}", user().expose()),
        }
    }

    /// Begins to move the user's slot to the other node, with some of its keys.
    pub async fn begin_move(&mut self) {
        let other = self.other.as_ref().unwrap();
        let mut moving = Move::begin(&self.server, other, &self.key("")).await;
        moving.take(3).await;
        self.moving = Some(moving);
    }

    pub async fn end_move(&mut self) {
        self.moving.take().unwrap().end().await;
        std::mem::swap(&mut self.server, self.other.as_mut().unwrap());
        self.admin = self.server.raw().await;
    }

    /// Sets whether the cluster serves the user's slot.
    pub async fn serve(&mut self, is_served: bool) {
        let key = self.key("");
        let slot = slot(&mut self.admin, &key).await;
        let verb = if is_served { "ADDSLOTS" } else { "DELSLOTS" };
        self.command(&format!("CLUSTER {verb} {slot}")).await;
    }

    /// All keys of the user.
    pub async fn dump(&mut self) -> Dump {
        let mut redis = self.server.raw().await;
        let keys: Vec<String> = redis.keys(self.key("*")).await.unwrap();
        let mut dump = Dump::new();
        for key in keys {
            let value = run_words(&mut redis, &["DUMP", &key]).await;
            dump.insert(key, value);
        }
        dump
    }

    /// Removes these keys, until they are [put back](Self::put_back) after the fault.
    pub async fn set_aside(&mut self, suffixes: &[&str]) {
        let dump = self.dump().await;
        for suffix in suffixes {
            let key = self.key(suffix);
            let () = self.admin.del(&key).await.unwrap();
            let value = dump.get(&key).cloned();
            self.set_aside.insert(key, value);
        }
    }

    /// Notes what the fault has written in the place of the keys that were set aside.
    pub async fn note_damage(&mut self) {
        if !self.set_aside.is_empty() {
            self.damaged = self.dump().await;
        }
    }

    /// Puts the keys back, unless the user was deleted meanwhile. No call may have changed what the
    /// fault had written.
    pub async fn put_back(&mut self) {
        let dump = self.dump().await;
        if dump.is_empty() {
            return;
        }
        for (key, value) in std::mem::take(&mut self.set_aside) {
            assert_eq!(
                dump.get(&key),
                self.damaged.get(&key),
                "{key} was changed during the fault"
            );
            let mut command = redis::cmd("DEL");
            if let Some(value) = value {
                command = redis::cmd("RESTORE");
                command.arg(&key).arg(300_000).arg(value).arg("REPLACE");
            } else {
                command.arg(&key);
            }
            let _: redis::Value = command.query_async(&mut self.admin).await.unwrap();
        }
    }
}

/// The two nodes of a cluster; the first has the user's keys.
async fn nodes() -> (Server, Server) {
    let mut cluster = Cluster::start(2).await;
    let owner = cluster.owner(&key_in_cluster("")).await;
    let first = cluster.nodes.remove(owner);
    (first, cluster.nodes.remove(0))
}

fn key_in_cluster(suffix: &str) -> String {
    format!("{{{}}}{suffix}", user().expose())
}
