//! Who is asked: the one server, or the node of a cluster that has the user's keys.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use tokio::time::Instant;

use super::cluster::Cluster;
use super::fault::{Fault, Next};
use super::link::{Link, Up};

/// The servers of a store.
pub(super) enum Servers {
    One(Link),
    Cluster(Cluster),
}

impl Servers {
    pub(super) fn are_a_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// Who is asked about a key, as soon as they can be reached. A cluster waits for none of its nodes for long: another one may
    /// know who has taken its place.
    pub(super) async fn up(&self, key: &str, response_timeout: Duration, deadline: Instant) -> (Link, Result<Up, Fault>) {
        let (link, patience) = match self {
            Self::One(link) => (link.clone(), deadline),
            Self::Cluster(cluster) => (cluster.of(key), deadline.min(Instant::now() + response_timeout)),
        };
        let up = link.up(patience).await;
        (link, up)
    }

    /// What an error means. Where another node has the key, that one is asked next.
    pub(super) fn heard(&self, from: &Link, key: &str, error: RedisError) -> Fault {
        match (self, moved_to(&error)) {
            (Self::Cluster(cluster), Some(address)) => match cluster.moved(from, key, address) {
                Ok(()) => Fault::MOVED,
                Err(malformed) => malformed.into(),
            },
            _ => error.into(),
        }
    }

    /// That this one gave no answer: unless it named another node, any other is asked next.
    pub(super) fn gave_none(&self, which: &Link, key: &str, fault: &Fault) {
        match self {
            Self::Cluster(cluster) if fault.next != Next::Follow => cluster.avoid(which, key),
            _ => {}
        }
    }
}

fn moved_to(error: &RedisError) -> Option<&str> {
    let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
    error.redirect_node().filter(|_| moved).map(|(address, _)| address)
}
