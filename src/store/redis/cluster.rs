//! The nodes of a Redis Cluster, and which of them has a user's keys.
//!
//! Nobody asks for a map of the cluster. A node that is asked about a key of another one says who has it (`MOVED`), and that is
//! remembered for the key's slot. One that gives no answer is forgotten, and the next one is asked, who says whether there is a
//! new master. So a turn costs a round trip more after its slot has moved, and the first time in a process. One that refuses
//! what it was asked stays whom it was.
//!
//! All keys of a user have the user id in braces, and therefore one slot. While a slot is being moved, a node refuses whoever
//! asks for several keys of it (`TRYAGAIN`, `ASK`): those users wait.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crc::{CRC_16_XMODEM, Crc};
use redis::{ConnectionAddr, ConnectionInfo, ErrorKind, RedisError};
use tokio::time::Instant;

use super::fault::Fault;
use super::link::{Link, Up};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How often in a row a node cannot be reached before it is dropped, unless it was given by the host.
const GIVEN_UP: u32 = 3;

/// A cluster, as far as it is known.
pub(super) struct Cluster {
    connect_timeout: Duration,
    /// Given by the host.
    seeds: Vec<Link>,
    known: Mutex<Known>,
}

struct Known {
    /// Who is asked about a slot whose owner is not known.
    guide: Link,
    /// The other nodes. Who was named last is first, and who gave no answer last.
    others: VecDeque<Link>,
    /// Who has a slot.
    owners: HashMap<u16, Link>,
}

impl Cluster {
    pub(super) fn new(first: Link, connect_timeout: Duration) -> Self {
        let known = Known {
            guide: first.clone(),
            others: VecDeque::new(),
            owners: HashMap::new(),
        };
        Self {
            connect_timeout,
            seeds: vec![first],
            known: Mutex::new(known),
        }
    }

    /// Another node that may be asked.
    pub(super) fn with(mut self, node: Link) -> Self {
        self.known().others.push_back(node.clone());
        self.seeds.push(node);
        self
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The owner of a key or whoever can tell, as soon as one of the nodes can be reached. None is waited for for long: another one
    /// may know who has taken its place.
    pub(super) async fn up(
        &self,
        key: &str,
        patience: Duration,
        deadline: Instant,
    ) -> (Link, Result<Up, Fault>) {
        let mut others = u32::try_from(self.known().others.len()).unwrap_or(u32::MAX);
        loop {
            let (link, now) = (self.of(key), Instant::now());
            // All get their turn before the deadline.
            let share = deadline.saturating_duration_since(now) / others.saturating_add(1);
            let up = link.up_now(now + patience.min(share)).await;
            let Err(fault) = up else { return (link, up) };
            self.avoid(&link, key);
            if fault.is_final() || others == 0 {
                return (link, Err(fault));
            }
            others -= 1;
        }
    }

    pub(super) fn of(&self, key: &str) -> Link {
        let known = self.known();
        known.owners.get(&slot(key)).unwrap_or(&known.guide).clone()
    }

    /// Notes that a key is at this address, as `from` says.
    ///
    /// # Errors
    /// That this is no address.
    pub(super) fn moved(&self, from: &Link, key: &str, address: &str) -> Result<(), RedisError> {
        let server = elsewhere(from.server(), address)?;
        let mut known = self.known();
        let Known {
            guide,
            others,
            owners,
        } = &mut *known;
        let is_there = |node: &Link| node.server().is_some_and(|at| at.addr() == server.addr());
        let owner = if is_there(guide) {
            guide.clone()
        } else {
            let node = match others
                .iter()
                .position(is_there)
                .and_then(|n| others.remove(n))
            {
                Some(node) => node,
                None => {
                    others.retain(|node| {
                        node.failures() < GIVEN_UP || self.seeds.iter().any(|seed| seed.is(node))
                    });
                    Link::new(server, self.connect_timeout)?
                }
            };
            others.push_front(node.clone());
            node
        };
        owners.insert(slot(key), owner);
        Ok(())
    }

    /// Has another node asked about this key.
    pub(super) fn avoid(&self, which: &Link, key: &str) {
        let mut known = self.known();
        let Known {
            guide,
            others,
            owners,
        } = &mut *known;
        if let Entry::Occupied(owner) = owners.entry(slot(key))
            && owner.get().is(which)
        {
            owner.remove();
        }
        if guide.is(which) {
            let next = others.pop_front();
            others.extend(next.map(|next| std::mem::replace(guide, next)));
        } else if let Some(node) = others
            .iter()
            .position(|node| node.is(which))
            .and_then(|n| others.remove(n))
        {
            others.push_back(node);
        }
    }
}

/// The server at this address, reached as the one that named it; `:port` is on the same host.
fn elsewhere(asked: Option<&ConnectionInfo>, address: &str) -> Result<ConnectionInfo, RedisError> {
    let no_address = || RedisError::from((ErrorKind::InvalidClientConfig, "no address"));
    let (asked, (host, port)) = asked.zip(address.rsplit_once(':')).ok_or_else(no_address)?;
    let port = port.parse().map_err(|_| no_address())?;
    let mut addr = asked.addr().clone();
    match &mut addr {
        ConnectionAddr::Tcp(to, at)
        | ConnectionAddr::TcpTls {
            host: to, port: at, ..
        } => {
            *at = port;
            if !host.is_empty() {
                host.clone_into(to);
            }
        }
        _ => return Err(no_address()),
    }
    Ok(asked.clone().set_addr(addr))
}

/// Where a cluster has a key: a hash of what stands in its first braces, or else of all of it.
fn slot(key: &str) -> u16 {
    const HASH: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or(key, |(tag, _)| tag);
    HASH.checksum(tag.as_bytes()) % 16_384
}

#[cfg(test)]
mod tests {
    use redis::IntoConnectionInfo;

    use super::*;

    #[test]
    fn the_slot_is_that_of_what_stands_in_braces() {
        // As CLUSTER KEYSLOT says.
        assert_eq!(slot("123456789"), 12_739);
        assert_eq!((slot("263771234567"), slot("bank:_probe")), (3910, 12_757));
        for key in [
            "{263771234567}",
            "bank:{263771234567}_done_1",
            "{263771234567}{other}",
        ] {
            assert_eq!(slot(key), slot("263771234567"), "{key}");
        }
    }

    const SOON: Duration = Duration::from_secs(5);

    fn dead(host: u8) -> Link {
        let server = format!("redis://127.0.0.{host}:1")
            .into_connection_info()
            .unwrap();
        Link::new(server, SOON).unwrap()
    }

    fn others(cluster: &Cluster) -> Vec<String> {
        let known = cluster.known();
        known
            .others
            .iter()
            .map(|node| node.server().unwrap().addr().to_string())
            .collect()
    }

    /// Until this node is given up, or a seed would be.
    async fn fails(node: &Link) {
        while node.failures() < GIVEN_UP {
            assert!(node.up_now(Instant::now() + SOON).await.is_err());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn who_was_named_last_is_asked_first_and_who_is_dead_is_dropped_unless_the_host_gave_it()
    {
        let (first, second) = (dead(1), dead(2));
        let cluster = Cluster::new(first.clone(), SOON).with(second.clone());
        for (key, address) in [
            ("a", "127.0.0.3:1"),
            ("b", "127.0.0.4:1"),
            ("c", "127.0.0.3:1"),
            ("d", "127.0.0.1:1"),
        ] {
            cluster.moved(&first, key, address).unwrap();
        }
        assert_eq!(
            others(&cluster),
            ["127.0.0.3:1", "127.0.0.4:1", "127.0.0.2:1"]
        );
        assert!(cluster.of("d").is(&first) && cluster.of("a").is(&cluster.of("c")));

        let third = cluster.of("a");
        cluster.avoid(&third, "a");
        assert_eq!(
            others(&cluster),
            ["127.0.0.4:1", "127.0.0.2:1", "127.0.0.3:1"]
        );
        cluster.avoid(&first, "a");
        assert_eq!(
            others(&cluster),
            ["127.0.0.2:1", "127.0.0.3:1", "127.0.0.1:1"]
        );

        for node in [&first, &second, &third] {
            fails(node).await;
        }
        cluster.moved(&first, "e", "127.0.0.5:1").unwrap();
        assert_eq!(
            others(&cluster),
            ["127.0.0.5:1", "127.0.0.2:1", "127.0.0.1:1"]
        );
    }

    #[test]
    fn only_who_gave_no_answer_loses_the_key() {
        let first = dead(1);
        let cluster = Cluster::new(first.clone(), SOON);
        cluster.moved(&first, "a", "127.0.0.2:1").unwrap();
        let owner = cluster.of("a");
        cluster.avoid(&first, "a");
        assert!(cluster.of("a").is(&owner));
        cluster.avoid(&owner, "a");
        assert!(cluster.of("a").is(&first));
    }

    #[tokio::test]
    async fn who_refuses_to_be_connected_to_costs_no_waiting() {
        let cluster = (2..=9)
            .map(dead)
            .fold(Cluster::new(dead(1), SOON), Cluster::with);
        let (_, up) = cluster.up("a", SOON, Instant::now() + SOON * 100).await;
        assert!(up.is_err());
        assert!(
            cluster.seeds.iter().all(|seed| seed.failures() == 1),
            "each was tried once"
        );
    }

    #[test]
    fn another_node_is_reached_as_the_one_that_named_it() {
        let asked = "redis://bot:s3cret@first:7000"
            .into_connection_info()
            .unwrap();
        let at = |address| elsewhere(Some(&asked), address).ok();
        for (address, expected) in [
            ("second:7001", "second:7001"),
            (":7002", "first:7002"),
            ("::1:7003", "::1:7003"),
        ] {
            let node = at(address).unwrap();
            assert_eq!(node.addr().to_string(), expected);
            assert_eq!(
                (
                    node.redis_settings().username(),
                    node.redis_settings().password()
                ),
                (Some("bot"), Some("s3cret"))
            );
        }
        for none in ["", "second", "second:", "second:port", "second:65536"] {
            assert!(at(none).is_none(), "{none}");
        }
        let socket = "unix:///tmp/socket".into_connection_info().unwrap();
        assert!(
            elsewhere(Some(&socket), "second:7001").is_err()
                && elsewhere(None, "second:7001").is_err()
        );
    }

    #[cfg(feature = "tls")]
    #[test]
    fn another_node_is_reached_by_tls_where_the_first_was() {
        let asked = "rediss://first:7000".into_connection_info().unwrap();
        let node = elsewhere(Some(&asked), "second:7001").unwrap();
        assert!(
            matches!(node.addr(), ConnectionAddr::TcpTls { host, port: 7001, insecure: false, .. } if host == "second")
        );
    }
}
