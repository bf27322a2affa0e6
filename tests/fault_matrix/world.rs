//! What a fault strikes: a server with a session on it, a store that reaches it, and a commit that is ready to be sent.

use std::collections::BTreeMap;
use std::time::Duration;

#[cfg(feature = "tls")]
use harness::certificates::{Authority, Signed};
use harness::cluster::{Cluster, Move, slot, until};
use harness::proxy::Proxy;
use harness::server::Server;
use harness::sessions::{Attempt, begin, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::task::JoinHandle;
use vimbiso_state::RedisStore;
use vimbiso_state::store::RedisStoreBuilder;

use crate::injection::Impossible;
use crate::row::{Row, Way};

/// The keys of a user, as the server would move them.
pub type Dump = BTreeMap<String, Vec<u8>>;

#[cfg(feature = "tls")]
pub const NO_TLS: Impossible = "this redis-server was built without TLS";

pub struct World {
    /// Which has the user's keys.
    pub server: Server,
    /// The other node of a cluster, and the user's slot while it is on its way from one to the other.
    other: Option<Server>,
    moving: Option<Move>,
    proxy: Option<Proxy>,
    pub admin: MultiplexedConnection,
    /// Whom the store trusts, where it speaks TLS.
    #[cfg(feature = "tls")]
    pub authority: Authority,
    pub url: String,
    /// What a newcomer begins with.
    pub builder: RedisStoreBuilder,
    pub store: RedisStore,
    /// The session's last commit, and the one before it.
    pub kept: Attempt,
    pub earlier: Attempt,
    /// Decided on the session as it is, and not sent yet.
    pub next: Attempt,
    pub impostor: Option<JoinHandle<()>>,
    /// What was taken away, and what the fault has put there.
    remembered: BTreeMap<String, Option<Vec<u8>>>,
    damaged: Dump,
}

impl World {
    pub async fn of(row: &Row) -> Result<Self, Impossible> {
        let builder = RedisStore::builder();
        #[cfg(feature = "tls")]
        let authority = Authority::new("ours");
        let (server, other, builder) = match row.way {
            Way::Cluster => {
                let (server, other) = nodes().await;
                (server, Some(other), builder)
            }
            #[cfg(feature = "tls")]
            Way::Tls => {
                let Signed { certificate, key } = authority.signs();
                let server = Server::over_tls(row.settings, &certificate, &key).ok_or(NO_TLS)?;
                // A handshake takes its time where many tests run.
                let patient = builder.connect_timeout(Duration::from_secs(2));
                (
                    server,
                    None,
                    patient.root_certificates(authority.pem.as_str()),
                )
            }
            _ => (Server::with(row.settings), None, builder),
        };
        let mut admin = server.raw().await;
        let (mut proxy, mut url, mut patience) = (None, server.url(), Duration::from_millis(500));
        match row.way {
            Way::Straight | Way::Tls => {}
            Way::Proxy => {
                let before = Proxy::before(server.port()).await;
                (url, patience) = (before.url(), Duration::from_millis(100));
                proxy = Some(before);
            }
            Way::Cluster => {
                let before = Proxy::before(server.port()).await;
                let other = other.as_ref().unwrap();
                run(
                    &mut admin,
                    &format!("CONFIG SET cluster-announce-port {}", before.port()),
                )
                .await;
                until(
                    &mut other.raw().await,
                    &["CLUSTER", "NODES"],
                    &format!(":{}@", before.port()),
                )
                .await;
                (url, patience) = (other.url(), Duration::from_millis(100));
                proxy = Some(before);
            }
            Way::Bot => {
                run(&mut admin, "ACL SETUSER bot on >s3cret ~* +@all").await;
                url = url.replace("redis://", "redis://bot:s3cret@");
            }
        }
        let reached = url.clone();
        if row.way == Way::Tls {
            url = url.replace("redis://", "rediss://");
        }
        let patient = builder.clone().response_timeout(patience);
        let store = match row.way {
            Way::Cluster => patient.connect_cluster([reached]).await.unwrap(),
            _ => patient.connect(reached).await.unwrap(),
        };
        let earlier = write(&store, r#"{"secret-state":0}"#).await;
        // What a server comes back with that loses the newest.
        run(&mut admin, "SAVE").await;
        let kept = write(&store, r#"{"secret-state":1}"#).await;
        let next = begin(&store, r#"{"secret-state":2}"#).await;
        let (remembered, damaged) = Default::default();
        Ok(Self {
            server,
            other,
            moving: None,
            proxy,
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
            remembered,
            damaged,
        })
    }

    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().unwrap()
    }

    pub fn has_struck(&self) -> bool {
        self.proxy.as_ref().is_none_or(Proxy::has_struck)
    }

    pub async fn command(&mut self, command: &str) {
        run(&mut self.admin, command).await;
    }

    pub fn key(&self, suffix: &str) -> String {
        match self.other {
            Some(_) => in_cluster(suffix),
            None => format!("{}{suffix}", user().expose()),
        }
    }

    /// The user's slot sets out for the other node, with some of their keys.
    pub async fn begin_move(&mut self) {
        let mut moving =
            Move::begin(&self.server, self.other.as_ref().unwrap(), &self.key("")).await;
        moving.take(3).await;
        self.moving = Some(moving);
    }

    /// And has arrived.
    pub async fn end_move(&mut self) {
        self.moving.take().unwrap().end().await;
        std::mem::swap(&mut self.server, self.other.as_mut().unwrap());
        self.admin = self.server.raw().await;
    }

    /// Whether the cluster serves the user's slot.
    pub async fn serve(&mut self, whether: bool) {
        let key = self.key("");
        let slot = slot(&mut self.admin, &key).await;
        self.command(&format!(
            "CLUSTER {} {slot}",
            if whether { "ADDSLOTS" } else { "DELSLOTS" }
        ))
        .await;
    }

    /// All that there is of the user.
    pub async fn dump(&mut self) -> Dump {
        let mut redis = self.server.raw().await;
        let mut dump = Dump::new();
        for key in redis.keys::<_, Vec<String>>(self.key("*")).await.unwrap() {
            let value = redis::cmd("DUMP")
                .arg(&key)
                .query_async(&mut redis)
                .await
                .unwrap();
            dump.insert(key, value);
        }
        dump
    }

    /// Takes these keys away, to be put back when the fault is over.
    pub async fn remember(&mut self, suffixes: &[&str]) {
        let whole = self.dump().await;
        for suffix in suffixes {
            let key = self.key(suffix);
            let _: () = self.admin.del(&key).await.unwrap();
            let value = whole.get(&key).cloned();
            self.remembered.insert(key, value);
        }
    }

    /// Notes what the fault has made of the keys that were taken away.
    pub async fn note_damage(&mut self) {
        if !self.remembered.is_empty() {
            self.damaged = self.dump().await;
        }
    }

    /// Puts back what was taken away, unless the user was forgotten meanwhile; nobody else may have touched it.
    pub async fn put_back(&mut self) {
        let found = self.dump().await;
        if found.is_empty() {
            return;
        }
        for (key, value) in std::mem::take(&mut self.remembered) {
            assert_eq!(
                found.get(&key),
                self.damaged.get(&key),
                "what stands under {key} was touched"
            );
            let mut back = redis::cmd("DEL");
            if let Some(value) = value {
                back = redis::cmd("RESTORE");
                back.arg(&key).arg(300_000).arg(value).arg("REPLACE");
            } else {
                back.arg(&key);
            }
            let _: redis::Value = back.query_async(&mut self.admin).await.unwrap();
        }
    }
}

/// The two nodes of a cluster: the first has the user's keys.
async fn nodes() -> (Server, Server) {
    let mut cluster = Cluster::start(2).await;
    let owner = cluster.owner(&in_cluster("")).await;
    (cluster.nodes.remove(owner), cluster.nodes.remove(0))
}

fn in_cluster(suffix: &str) -> String {
    format!("{{{}}}{suffix}", user().expose())
}

async fn run(redis: &mut MultiplexedConnection, command: &str) {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>());
    let _: redis::Value = command.query_async(redis).await.unwrap();
}
