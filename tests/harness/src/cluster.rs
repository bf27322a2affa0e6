//! A Redis Cluster of a test's own: masters on loopback, each with its share of the slots.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::Cmd;
use redis::aio::MultiplexedConnection;
use tokio::time::{sleep, timeout};

use crate::server::Server;

/// How many slots there are.
const SLOTS: usize = 16_384;

pub struct Cluster {
    pub nodes: Vec<Server>,
}

impl Cluster {
    pub async fn start(masters: usize) -> Self {
        let nodes: Vec<_> = (0..masters).map(|_| node()).collect();
        let mut first = nodes[0].raw().await;
        for (n, node) in nodes.iter().enumerate() {
            let share = (n * SLOTS / masters)..((n + 1) * SLOTS / masters);
            let mut redis = node.raw().await;
            run(
                &mut redis,
                Cmd::new()
                    .arg("CLUSTER")
                    .arg("ADDSLOTS")
                    .arg(share.collect::<Vec<_>>()),
            )
            .await;
            run(
                &mut redis,
                Cmd::new().arg("CLUSTER").arg("SET-CONFIG-EPOCH").arg(n + 1),
            )
            .await;
            if n > 0 {
                run(
                    &mut first,
                    Cmd::new()
                        .arg("CLUSTER")
                        .arg("MEET")
                        .arg("127.0.0.1")
                        .arg(node.port()),
                )
                .await;
            }
        }
        let cluster = Self { nodes };
        cluster.until_it_stands().await;
        cluster
    }

    /// One node more, which follows this master.
    pub async fn add_replica_of(&mut self, master: usize) -> usize {
        let replica = node();
        let (mut redis, mut to) = (replica.raw().await, self.nodes[master].raw().await);
        run(
            &mut redis,
            Cmd::new()
                .arg("CLUSTER")
                .arg("MEET")
                .arg("127.0.0.1")
                .arg(self.nodes[master].port()),
        )
        .await;
        self.nodes.push(replica);
        self.until_it_stands().await;
        let id = id(&mut to).await;
        run(
            &mut redis,
            Cmd::new().arg("CLUSTER").arg("REPLICATE").arg(id),
        )
        .await;
        until(
            &mut redis,
            &["INFO", "replication"],
            "master_link_status:up",
        )
        .await;
        self.nodes.len() - 1
    }

    /// Waits until every node knows all others, and that all slots are served.
    async fn until_it_stands(&self) {
        let all = format!("cluster_known_nodes:{}\r", self.nodes.len());
        for node in &self.nodes {
            let mut redis = node.raw().await;
            until(&mut redis, &["CLUSTER", "INFO"], &all).await;
            until(&mut redis, &["CLUSTER", "INFO"], "cluster_state:ok").await;
        }
    }

    /// Waits until all nodes have the same map. They learn it from each other, and one that knows too little when a slot moves
    /// again may take it back, which leaves the slot with nobody.
    pub async fn agrees(&self) {
        let agreeing = async {
            loop {
                let mut maps = BTreeSet::new();
                for node in &self.nodes {
                    maps.insert(map(&mut node.raw().await).await);
                }
                if maps.len() == 1 {
                    return;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), agreeing)
            .await
            .expect("the nodes do not agree");
    }

    /// Has each node named to clients by another port.
    pub async fn announce(&self, ports: &[u16]) {
        for (node, port) in self.nodes.iter().zip(ports) {
            run(
                &mut node.raw().await,
                Cmd::new()
                    .arg("CONFIG")
                    .arg("SET")
                    .arg("cluster-announce-port")
                    .arg(port),
            )
            .await;
        }
        for node in &self.nodes {
            let mut redis = node.raw().await;
            for port in ports {
                until(&mut redis, &["CLUSTER", "NODES"], &format!(":{port}@")).await;
            }
        }
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Server::url).collect()
    }

    /// Which master has this key.
    pub async fn owner(&self, key: &str) -> usize {
        for (n, node) in self.nodes.iter().enumerate() {
            let found: Result<i64, _> = redis::cmd("EXISTS")
                .arg(key)
                .query_async(&mut node.raw().await)
                .await;
            if found.is_ok() {
                return n;
            }
        }
        panic!("no node has {key}");
    }
}

/// The slot of a key, as the server has it.
pub async fn slot(redis: &mut MultiplexedConnection, key: &str) -> u16 {
    redis::cmd("CLUSTER")
        .arg("KEYSLOT")
        .arg(key)
        .query_async(redis)
        .await
        .unwrap()
}

/// A slot that is on its way from one master to another.
pub struct Move {
    slot: u16,
    from: (MultiplexedConnection, String),
    to: (MultiplexedConnection, String),
    to_port: u16,
}

impl Move {
    /// Says to both that the slot of this key is on its way.
    pub async fn begin(from: &Server, to: &Server, key: &str) -> Self {
        let (mut giver, mut taker) = (from.raw().await, to.raw().await);
        let (slot, giver_id, taker_id) = (
            slot(&mut giver, key).await,
            id(&mut giver).await,
            id(&mut taker).await,
        );
        run(
            &mut taker,
            Cmd::new()
                .arg("CLUSTER")
                .arg("SETSLOT")
                .arg(slot)
                .arg("IMPORTING")
                .arg(&giver_id),
        )
        .await;
        run(
            &mut giver,
            Cmd::new()
                .arg("CLUSTER")
                .arg("SETSLOT")
                .arg(slot)
                .arg("MIGRATING")
                .arg(&taker_id),
        )
        .await;
        Self {
            slot,
            from: (giver, giver_id),
            to: (taker, taker_id),
            to_port: to.port(),
        }
    }

    /// Takes so many keys over, or as many as there are.
    pub async fn take(&mut self, most: usize) {
        let (giver, _) = &mut self.from;
        let keys: Vec<String> = redis::cmd("CLUSTER")
            .arg("GETKEYSINSLOT")
            .arg(self.slot)
            .arg(most)
            .query_async(giver)
            .await
            .unwrap();
        for key in keys {
            let mut migrate = redis::cmd("MIGRATE");
            migrate
                .arg("127.0.0.1")
                .arg(self.to_port)
                .arg(key)
                .arg(0)
                .arg(5000);
            run(giver, &migrate).await;
        }
    }

    /// The slot has another master from now on.
    pub async fn end(mut self) {
        self.take(1000).await;
        let Self {
            slot,
            from: (mut giver, _),
            to: (mut taker, owner),
            ..
        } = self;
        for redis in [&mut taker, &mut giver] {
            run(
                redis,
                Cmd::new()
                    .arg("CLUSTER")
                    .arg("SETSLOT")
                    .arg(slot)
                    .arg("NODE")
                    .arg(&owner),
            )
            .await;
        }
    }
}

fn node() -> Server {
    Server::with(&[
        "--cluster-enabled",
        "yes",
        "--cluster-config-file",
        "nodes.conf",
        "--cluster-node-timeout",
        "1000",
    ])
}

async fn id(redis: &mut MultiplexedConnection) -> String {
    redis::cmd("CLUSTER")
        .arg("MYID")
        .query_async(redis)
        .await
        .unwrap()
}

/// The nodes that this one knows, each with its epoch and its slots.
async fn map(redis: &mut MultiplexedConnection) -> BTreeSet<String> {
    let nodes: String = redis::cmd("CLUSTER")
        .arg("NODES")
        .query_async(redis)
        .await
        .unwrap();
    let node = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        format!("{} {} {}", words[0], words[6], words[8..].join(" "))
    };
    nodes.lines().map(node).collect()
}

async fn run(redis: &mut MultiplexedConnection, command: &Cmd) {
    let _: redis::Value = command.query_async(redis).await.unwrap();
}

/// Waits until a command's answer says this.
pub async fn until(redis: &mut MultiplexedConnection, command: &[&str], said: &str) {
    let waiting = async {
        while !redis::cmd(command[0])
            .arg(&command[1..])
            .query_async::<String>(redis)
            .await
            .is_ok_and(|text| text.contains(said))
        {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap_or_else(|_| panic!("{command:?} does not say {said}"));
}
