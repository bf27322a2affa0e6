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

    /// Who is asked about a key, as soon as they can be reached.
    pub(super) async fn up(
        &self,
        key: &str,
        response_timeout: Duration,
        deadline: Instant,
    ) -> (Link, Result<Up, Fault>) {
        match self {
            Self::One(link) => (link.clone(), link.up(deadline).await),
            Self::Cluster(cluster) => cluster.up(key, response_timeout, deadline).await,
        }
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

    /// That this one gave no answer: unless it named another node, or whoever has the key would refuse, any other is asked next.
    pub(super) fn gave_none(&self, which: &Link, key: &str, fault: &Fault) {
        match self {
            Self::Cluster(cluster) if !matches!(fault.next, Next::Follow | Next::Stop) => {
                cluster.avoid(which, key)
            }
            _ => {}
        }
    }
}

fn moved_to(error: &RedisError) -> Option<&str> {
    let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
    error
        .redirect_node()
        .filter(|_| moved)
        .map(|(address, _)| address)
}

#[cfg(test)]
mod tests {
    use redis::IntoConnectionInfo;

    use super::*;
    use crate::store::redis::fault::{Kind, fault};

    #[test]
    fn who_cannot_answer_is_not_asked_again_and_who_refuses_or_names_another_is() {
        let node = |port: u16| {
            let server = format!("redis://127.0.0.1:{port}")
                .into_connection_info()
                .unwrap();
            Link::new(server, Duration::from_secs(1)).unwrap()
        };
        let first = node(1);
        let servers = Servers::Cluster(Cluster::new(first.clone(), Duration::from_secs(1)));
        let Servers::Cluster(cluster) = &servers else {
            unreachable!()
        };
        for (next, left) in [
            (Next::Follow, false),
            (Next::Stop, false),
            (Next::Wait, true),
            (Next::Lost, true),
            (Next::Silent, true),
        ] {
            cluster.moved(&first, "a", "127.0.0.1:2").unwrap();
            let owner = cluster.of("a");
            servers.gave_none(&owner, "a", &fault(Kind::Unavailable, next, ""));
            assert_eq!(!cluster.of("a").is(&owner), left, "{next:?}");
        }
    }
}
