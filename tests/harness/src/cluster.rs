//! A Redis Cluster of a test's own: masters on loopback, each with its share of the slots.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::time::{sleep, timeout};

use crate::command::{run, run_words, try_run};
use crate::server::Server;

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

pub struct Cluster {
    pub nodes: Vec<Server>,
}

impl Cluster {
    pub async fn start(masters: usize) -> Self {
        let nodes: Vec<_> = (0..masters).map(|_| node()).collect();
        let mut first = nodes[0].raw().await;
        for (n, node) in nodes.iter().enumerate() {
            let slots = (n * SLOTS / masters)..((n + 1) * SLOTS / masters);
            let mut words = vec!["CLUSTER".to_owned(), "ADDSLOTS".to_owned()];
            words.extend(slots.map(|slot| slot.to_string()));
            let mut redis = node.raw().await;
            let () = run_words(&mut redis, &words).await;
            let epoch = format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1);
            let () = run(&mut redis, &epoch).await;
            if n > 0 {
                meet(&mut first, node).await;
            }
        }
        let cluster = Self { nodes };
        cluster.until_ready().await;
        cluster
    }

    /// Adds a replica of this master, and returns its number.
    pub async fn add_replica_of(&mut self, master: usize) -> usize {
        let replica = node();
        let mut redis = replica.raw().await;
        let mut redis_of_master = self.nodes[master].raw().await;
        meet(&mut redis, &self.nodes[master]).await;
        self.nodes.push(replica);
        self.until_ready().await;
        let master = node_id(&mut redis_of_master).await;
        let () = run(&mut redis, &format!("CLUSTER REPLICATE {master}")).await;
        until(&mut redis, "INFO replication", "master_link_status:up").await;
        self.nodes.len() - 1
    }

    /// Waits until every node knows all others and all slots are served.
    async fn until_ready(&self) {
        let all = format!("cluster_known_nodes:{}\r", self.nodes.len());
        for node in &self.nodes {
            let mut redis = node.raw().await;
            until(&mut redis, "CLUSTER INFO", &all).await;
            until(&mut redis, "CLUSTER INFO", "cluster_state:ok").await;
        }
    }

    /// Waits until all nodes have the same map. They learn it from each other. If a slot moves
    /// again before that, a node that knows too little may take it back, and then no node has it.
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

    /// Has each node announced to clients with another port.
    pub async fn announce(&self, ports: &[u16]) {
        for (node, port) in self.nodes.iter().zip(ports) {
            let set = format!("CONFIG SET cluster-announce-port {port}");
            let () = run(&mut node.raw().await, &set).await;
        }
        for node in &self.nodes {
            let mut redis = node.raw().await;
            for port in ports {
                until(&mut redis, "CLUSTER NODES", &format!(":{port}@")).await;
            }
        }
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Server::url).collect()
    }

    /// Which master has this key.
    pub async fn owner(&self, key: &str) -> usize {
        for (n, node) in self.nodes.iter().enumerate() {
            let exists = try_run::<i64>(&mut node.raw().await, &["EXISTS", key]).await;
            if exists.is_ok() {
                return n;
            }
        }
        panic!("no node has {key}");
    }
}

/// The slot of a key, as the server computes it.
pub async fn slot(redis: &mut MultiplexedConnection, key: &str) -> u16 {
    run_words(redis, &["CLUSTER", "KEYSLOT", key]).await
}

/// A slot that moves from one master to another.
pub struct Move {
    slot: u16,
    source: MultiplexedConnection,
    target: MultiplexedConnection,
    target_id: String,
    target_port: u16,
}

impl Move {
    /// Tells both masters that the slot of this key is moving.
    pub async fn begin(from: &Server, to: &Server, key: &str) -> Self {
        let mut source = from.raw().await;
        let mut target = to.raw().await;
        let slot = slot(&mut source, key).await;
        let source_id = node_id(&mut source).await;
        let target_id = node_id(&mut target).await;
        let importing = format!("CLUSTER SETSLOT {slot} IMPORTING {source_id}");
        let () = run(&mut target, &importing).await;
        let migrating = format!("CLUSTER SETSLOT {slot} MIGRATING {target_id}");
        let () = run(&mut source, &migrating).await;
        Self {
            slot,
            source,
            target,
            target_id,
            target_port: to.port(),
        }
    }

    /// Moves `most` keys, or as many as there are.
    pub async fn take(&mut self, most: usize) {
        let list = format!("CLUSTER GETKEYSINSLOT {} {most}", self.slot);
        let keys: Vec<String> = run(&mut self.source, &list).await;
        let port = self.target_port.to_string();
        for key in keys {
            let migrate = ["MIGRATE", "127.0.0.1", &port, &key, "0", "5000"];
            let () = run_words(&mut self.source, &migrate).await;
        }
    }

    /// Moves all keys that are left, and gives the slot to its new master.
    pub async fn end(mut self) {
        self.take(1000).await;
        let moved = format!("CLUSTER SETSLOT {} NODE {}", self.slot, self.target_id);
        for redis in [&mut self.target, &mut self.source] {
            let () = run(redis, &moved).await;
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

async fn meet(redis: &mut MultiplexedConnection, node: &Server) {
    let () = run(redis, &format!("CLUSTER MEET 127.0.0.1 {}", node.port())).await;
}

async fn node_id(redis: &mut MultiplexedConnection) -> String {
    run(redis, "CLUSTER MYID").await
}

/// The nodes that this one knows, each with its epoch and its slots.
async fn map(redis: &mut MultiplexedConnection) -> BTreeSet<String> {
    let nodes: String = run(redis, "CLUSTER NODES").await;
    let node = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        format!("{} {} {}", words[0], words[6], words[8..].join(" "))
    };
    nodes.lines().map(node).collect()
}

/// Waits until the reply to a command contains this text.
pub async fn until(redis: &mut MultiplexedConnection, command: &str, text: &str) {
    let words: Vec<_> = command.split(' ').collect();
    let waiting = async {
        while !try_run::<String>(redis, &words)
            .await
            .is_ok_and(|reply| reply.contains(text))
        {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap_or_else(|_| panic!("{command} does not say {text}"));
}
