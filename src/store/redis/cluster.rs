//! The nodes of a Redis Cluster, and which of them has a user's keys.
//!
//! Nobody asks for a map of the cluster. A node that is asked about a key of another one says who has it (`MOVED`), and that is
//! remembered for the key's slot. One that gives no answer is forgotten, and the next one is asked, who says whether there is a
//! new master. So a turn costs a round trip more after its slot has moved, and the first time in a process.
//!
//! All keys of a user have the user id in braces, and therefore one slot. While a slot is being moved, a node refuses whoever
//! asks for several keys of it (`TRYAGAIN`, `ASK`): those users wait.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crc::{CRC_16_XMODEM, Crc};
use redis::{ConnectionAddr, ConnectionInfo, ErrorKind, RedisError};

use super::link::Link;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// A cluster, as far as it is known.
pub(super) struct Cluster {
    connect_timeout: Duration,
    known: Mutex<Known>,
}

struct Known {
    /// Who is asked about a slot whose owner is not known.
    guide: Link,
    /// The other nodes. One that has left the cluster stays, and is not connected to unless it is asked.
    others: VecDeque<Link>,
    /// Who has a slot.
    owners: HashMap<u16, Link>,
}

impl Cluster {
    pub(super) fn new(first: Link, connect_timeout: Duration) -> Self {
        let known = Known { guide: first, others: VecDeque::new(), owners: HashMap::new() };
        Self { connect_timeout, known: Mutex::new(known) }
    }

    /// Another node that may be asked.
    pub(super) fn with(self, node: Link) -> Self {
        self.known().others.push_back(node);
        self
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The owner of a key, or whoever can tell.
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
        let mut nodes = std::iter::once(&known.guide).chain(&known.others);
        let owner = match nodes.find(|node| node.server().is_some_and(|at| at.addr() == server.addr())) {
            Some(node) => node.clone(),
            None => {
                let node = Link::new(server, self.connect_timeout)?;
                known.others.push_back(node.clone());
                node
            }
        };
        known.owners.insert(slot(key), owner);
        Ok(())
    }

    /// Has another node asked about this key.
    pub(super) fn avoid(&self, which: &Link, key: &str) {
        let mut known = self.known();
        known.owners.remove(&slot(key));
        if known.guide.is(which)
            && let Some(next) = known.others.pop_front()
        {
            let last = std::mem::replace(&mut known.guide, next);
            known.others.push_back(last);
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
        ConnectionAddr::Tcp(to, at) | ConnectionAddr::TcpTls { host: to, port: at, .. } => {
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
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or(key, |(tag, _)| tag);
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
        for key in ["{263771234567}", "bank:{263771234567}_done_1", "{263771234567}{other}"] {
            assert_eq!(slot(key), slot("263771234567"), "{key}");
        }
    }

    #[test]
    fn another_node_is_reached_as_the_one_that_named_it() {
        let asked = "redis://bot:s3cret@first:7000".into_connection_info().unwrap();
        let at = |address| elsewhere(Some(&asked), address).ok();
        for (address, expected) in [("second:7001", "second:7001"), (":7002", "first:7002"), ("::1:7003", "::1:7003")] {
            let node = at(address).unwrap();
            assert_eq!(node.addr().to_string(), expected);
            assert_eq!((node.redis_settings().username(), node.redis_settings().password()), (Some("bot"), Some("s3cret")));
        }
        for none in ["", "second", "second:", "second:port", "second:65536"] {
            assert!(at(none).is_none(), "{none}");
        }
        let socket = "unix:///tmp/socket".into_connection_info().unwrap();
        assert!(elsewhere(Some(&socket), "second:7001").is_err() && elsewhere(None, "second:7001").is_err());
    }

    #[cfg(feature = "tls")]
    #[test]
    fn another_node_is_reached_by_tls_where_the_first_was() {
        let asked = "rediss://first:7000".into_connection_info().unwrap();
        let node = elsewhere(Some(&asked), "second:7001").unwrap();
        assert!(matches!(node.addr(), ConnectionAddr::TcpTls { host, port: 7001, insecure: false, .. } if host == "second"));
    }
}
