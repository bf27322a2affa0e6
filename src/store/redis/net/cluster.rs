//! The nodes of a Redis Cluster, and which of them has a user's keys.
//!
//! No map of the cluster is asked for. A node that is asked about a key of another one names that
//! one (`MOVED`), which is remembered for the key's slot. A node that gives no reply is forgotten,
//! and the next one is asked, which knows whether there is a new master. So a turn costs one more
//! round trip after its slot has moved, and the first time in a process. A node that refuses a
//! request remains the owner of its slots.
//!
//! All keys of a user have the user id in braces, and therefore one slot. While a slot is moving, a
//! node refuses requests for several of its keys (`TRYAGAIN`, `ASK`): calls for those users wait.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use redis::Value;
use tokio::time::Instant;

use super::connection::Connection;
use super::failure::Failure;
use super::link::OpenConnection;
use super::slot::slot;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// After how many failed attempts in a row a node is dropped, unless the host named it.
const MAX_FAILURES: u32 = 3;

/// A cluster, as far as it is known.
pub(crate) struct Cluster {
    connect_timeout: Duration,
    /// The nodes that the host named.
    seeds: Vec<Connection>,
    nodes: Mutex<Nodes>,
}

struct Nodes {
    /// Is asked about a slot whose owner is not known.
    default: Connection,
    /// The other nodes: the one that was named last is first, the one that gave no reply last.
    others: VecDeque<Connection>,
    slot_owners: HashMap<u16, Connection>,
}

impl Cluster {
    pub(crate) fn new(first: Connection, connect_timeout: Duration) -> Self {
        let nodes = Nodes {
            default: first.clone(),
            others: VecDeque::new(),
            slot_owners: HashMap::new(),
        };
        Self {
            connect_timeout,
            seeds: vec![first],
            nodes: Mutex::new(nodes),
        }
    }

    /// Adds a node that the host named.
    pub(crate) fn with(mut self, node: Connection) -> Self {
        self.nodes().others.push_back(node.clone());
        self.seeds.push(node);
        self
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection to the owner of a key, or to a node that can name it, as soon as one of them
    /// is open. None is waited for longer than `node_timeout`, because another one may know its
    /// successor.
    pub(super) async fn open(
        &self,
        key: &str,
        node_timeout: Duration,
        deadline: Instant,
    ) -> (Connection, Result<OpenConnection, Failure>) {
        let mut others = u32::try_from(self.nodes().others.len()).unwrap_or(u32::MAX);
        loop {
            let node = self.node_of(key);
            let now = Instant::now();
            // All nodes are asked before the deadline.
            let share = deadline.saturating_duration_since(now) / others.saturating_add(1);
            let opened = node.try_open(now + node_timeout.min(share)).await;
            let Err(failure) = opened else {
                return (node, opened);
            };
            self.avoid(&node, key);
            if failure.is_final() || others == 0 {
                return (node, Err(failure));
            }
            others -= 1;
        }
    }

    pub(super) fn node_of(&self, key: &str) -> Connection {
        let nodes = self.nodes();
        nodes
            .slot_owners
            .get(&slot(key))
            .unwrap_or(&nodes.default)
            .clone()
    }

    /// Notes that the node at this address has a key, as `from` says, and returns it.
    ///
    /// # Errors
    /// Fails if `address` is not `host:port`.
    pub(super) fn redirect(
        &self,
        from: &Connection,
        key: &str,
        address: &str,
    ) -> Result<Connection, Failure> {
        let mut nodes = self.nodes();
        let owner = self.named(&mut nodes, from, address)?;
        nodes.slot_owners.insert(slot(key), owner.clone());
        Ok(owner)
    }

    /// The masters that the reply to `CLUSTER SLOTS` names.
    pub(super) fn masters(
        &self,
        from: &Connection,
        slots: Value,
    ) -> Result<Vec<Connection>, Failure> {
        type Master = (Option<String>, u16);
        let ranges: Vec<Vec<Value>> =
            redis::from_redis_value(slots).map_err(|_| Failure::INVALID_NODE)?;
        let mut nodes = self.nodes();
        let mut masters: Vec<Connection> = Vec::new();
        // First and last slot, the master, and its replicas.
        for master in ranges
            .into_iter()
            .filter_map(|range| range.into_iter().nth(2))
        {
            let Value::Array(mut master) = master else {
                return Err(Failure::INVALID_NODE);
            };
            master.truncate(2);
            let (host, port): Master =
                redis::from_redis_value(Value::Array(master)).map_err(|_| Failure::INVALID_NODE)?;
            let address = format!("{}:{port}", host.unwrap_or_default());
            let node = self.named(&mut nodes, from, &address)?;
            if !masters.iter().any(|known| known.is(&node)) {
                masters.push(node);
            }
        }
        Ok(masters)
    }

    /// The nodes that are known to have a slot.
    pub(super) fn known_owners(&self) -> Vec<Connection> {
        let mut owners: Vec<Connection> = Vec::new();
        for node in self.nodes().slot_owners.values() {
            if !owners.iter().any(|known| known.is(node)) {
                owners.push(node.clone());
            }
        }
        owners
    }

    /// The node at this address, as `from` names it.
    fn named(
        &self,
        nodes: &mut Nodes,
        from: &Connection,
        address: &str,
    ) -> Result<Connection, Failure> {
        let announced = from.target().and_then(|from| from.announced(address));
        let target = announced.ok_or(Failure::INVALID_NODE)?;
        let Nodes {
            default, others, ..
        } = nodes;
        let is_there = |node: &Connection| node.address() == Some(target.address());
        if is_there(default) {
            return Ok(default.clone());
        }

        let known = others.iter().position(is_there);
        let node = match known.and_then(|at| others.remove(at)) {
            Some(node) => node,
            None => {
                others.retain(|node| {
                    node.failures() < MAX_FAILURES || self.seeds.iter().any(|seed| seed.is(node))
                });
                Connection::new(target, self.connect_timeout)
            }
        };
        others.push_front(node.clone());
        Ok(node)
    }

    /// Has another node asked about this key.
    pub(super) fn avoid(&self, node: &Connection, key: &str) {
        let mut nodes = self.nodes();
        let Nodes {
            default,
            others,
            slot_owners,
        } = &mut *nodes;
        if let Entry::Occupied(owner) = slot_owners.entry(slot(key))
            && owner.get().is(node)
        {
            owner.remove();
        }
        if default.is(node) {
            if let Some(next) = others.pop_front() {
                others.push_back(std::mem::replace(default, next));
            }
        } else if let Some(at) = others.iter().position(|other| other.is(node))
            && let Some(node) = others.remove(at)
        {
            others.push_back(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::redis::net::target::Target;

    const SOON: Duration = Duration::from_secs(5);

    /// A node that refuses connections.
    fn down(host: u8) -> Connection {
        Connection::new(Target::at(&format!("redis://127.0.0.{host}:1")), SOON)
    }

    fn others(cluster: &Cluster) -> Vec<String> {
        let nodes = cluster.nodes();
        let address = |node: &Connection| node.address().unwrap().to_string();
        nodes.others.iter().map(address).collect()
    }

    /// A cluster of two seeds, with two more nodes that the first one named.
    fn four_nodes() -> (Connection, Cluster) {
        let first = down(1);
        let cluster = Cluster::new(first.clone(), SOON).with(down(2));
        for (key, address) in [
            ("a", "127.0.0.3:1"),
            ("b", "127.0.0.4:1"),
            ("c", "127.0.0.3:1"),
            ("d", "127.0.0.1:1"),
        ] {
            cluster.redirect(&first, key, address).unwrap();
        }
        (first, cluster)
    }

    #[test]
    fn the_node_that_was_named_last_is_asked_first() {
        let (first, cluster) = four_nodes();
        assert_eq!(
            others(&cluster),
            ["127.0.0.3:1", "127.0.0.4:1", "127.0.0.2:1"]
        );
        assert!(cluster.node_of("d").is(&first));
        assert!(cluster.node_of("a").is(&cluster.node_of("c")));

        cluster.avoid(&cluster.node_of("a"), "a");
        assert_eq!(
            others(&cluster),
            ["127.0.0.4:1", "127.0.0.2:1", "127.0.0.3:1"]
        );
        cluster.avoid(&first, "a");
        assert_eq!(
            others(&cluster),
            ["127.0.0.2:1", "127.0.0.3:1", "127.0.0.1:1"]
        );
    }

    #[tokio::test]
    async fn a_node_that_is_down_is_dropped_but_no_seed() {
        let (first, cluster) = four_nodes();
        let third = cluster.node_of("a");
        for node in [&first, &cluster.seeds[1], &third] {
            while node.failures() < MAX_FAILURES {
                assert!(node.try_open(Instant::now() + SOON).await.is_err());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        cluster.redirect(&first, "e", "127.0.0.5:1").unwrap();
        assert_eq!(
            others(&cluster),
            ["127.0.0.5:1", "127.0.0.4:1", "127.0.0.2:1"]
        );
        assert!(cluster.node_of("d").is(&first));
    }

    #[test]
    fn only_the_node_that_gave_no_reply_loses_the_key() {
        let first = down(1);
        let cluster = Cluster::new(first.clone(), SOON);
        cluster.redirect(&first, "a", "127.0.0.2:1").unwrap();
        let owner = cluster.node_of("a");
        cluster.avoid(&first, "a");
        assert!(cluster.node_of("a").is(&owner));
        cluster.avoid(&owner, "a");
        assert!(cluster.node_of("a").is(&first));
    }

    #[tokio::test]
    async fn nodes_that_refuse_connections_cost_no_waiting() {
        let cluster = (2..=9)
            .map(down)
            .fold(Cluster::new(down(1), SOON), Cluster::with);
        let (_, opened) = cluster.open("a", SOON, Instant::now() + SOON * 100).await;
        assert!(opened.is_err());
        let failures: Vec<_> = cluster.seeds.iter().map(Connection::failures).collect();
        assert_eq!(failures, [1; 9], "each was tried once");
    }
}
