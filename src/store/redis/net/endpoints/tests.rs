//! Requests: what is sent, and how replies are read.

use super::*;
use crate::store::redis::net::target::Target;

#[test]
fn only_a_lost_reply_or_a_redirect_is_retried_at_once() {
    let later = Failure::unavailable(Retry::Later, "");
    let elsewhere = Failure::unavailable(Retry::Reconnect, "");
    for at_once in [Failure::LOST, Failure::SILENT, Failure::REDIRECTED] {
        assert_eq!(pause(&at_once, 0), Duration::ZERO);
    }
    for (failure, attempt, max) in [
        (&later, 0, 10),
        (&elsewhere, 0, 10),
        (&Failure::LOST, 1, 20),
        (&Failure::SILENT, 2, 40),
    ] {
        let millis = pause(failure, attempt).as_millis();
        assert!((max / 2..=max).contains(&millis), "{attempt}: {millis} ms");
    }
}

#[test]
fn a_node_that_refuses_or_redirects_is_kept() {
    for (failure, is_kept) in [
        (Failure::REDIRECTED, true),
        (Failure::denied(""), true),
        (Failure::unavailable(Retry::Later, ""), false),
        (Failure::LOST, false),
        (Failure::SILENT, false),
    ] {
        let first = Connection::new(Target::at("redis://127.0.0.1:1"), Duration::from_secs(1));
        let cluster = Cluster::new(first.clone(), Duration::from_secs(1));
        cluster.redirect(&first, "a", "127.0.0.1:2").unwrap();
        let owner = cluster.node_of("a");
        let endpoints = Endpoints::cluster(cluster, Duration::from_secs(1));
        endpoints.note_failure(&owner, "a", &failure);
        let Topology::Cluster(cluster) = &endpoints.topology else {
            unreachable!()
        };
        assert_eq!(cluster.node_of("a").is(&owner), is_kept, "{failure:?}");
    }
}
