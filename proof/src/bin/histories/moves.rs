//! A cluster whose sessions move from node to node while they are in use.

use std::sync::Arc;
use std::time::Duration;

use harness::cluster::{self, Cluster};
use harness::proxy::Proxy;
use proof::BoxError;
use proof::history::Era;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::log::Log;
use crate::plan::Move;
use crate::worker;

/// The nodes of one history. They announce the proxies before them, so that a client that is
/// redirected goes through a faulty network as well.
pub struct Nodes {
    cluster: Cluster,
    sessions: u8,
    log: Arc<Log>,
}

impl Nodes {
    const COUNT: usize = 3;

    pub async fn start(sessions: u8, log: Arc<Log>) -> Result<Self, BoxError> {
        // The start blocks until each server runs.
        let runtime = Handle::current();
        let cluster = spawn_blocking(move || runtime.block_on(Cluster::start(Self::COUNT))).await?;
        Ok(Self {
            cluster,
            sessions,
            log,
        })
    }

    pub fn urls(&self) -> Vec<String> {
        self.cluster.urls()
    }

    /// A network before each node.
    pub async fn networks(&self) -> Vec<Proxy> {
        let mut proxies = Vec::new();
        for node in &self.cluster.nodes {
            proxies.push(Proxy::before(node.port()).await);
        }
        self.cluster
            .announce(&proxies.iter().map(Proxy::port).collect::<Vec<_>>())
            .await;
        proxies
    }

    /// Makes the moves as they become due.
    pub async fn run_moves(&self, moves: Vec<Move>) {
        let nodes = &self.cluster.nodes;
        for Move {
            after,
            session,
            by,
            first,
            lasts,
        } in moves
        {
            self.log.reaches(after).await;
            self.cluster.agrees().await;
            let key = format!("{{{}}}", worker::user(session).expose());
            let owner = self.cluster.owner(&key).await;
            let mut moving =
                cluster::Move::begin(&nodes[owner], &nodes[(owner + by) % nodes.len()], &key).await;
            // Some keys are on the one node and the rest on the other, so neither can serve a call.
            moving.take(first).await;
            sleep(lasts).await;
            moving.end().await;
        }
    }

    /// One era: no node of the cluster is killed, so it forgets nothing.
    pub async fn eras(self) -> Result<Vec<Era>, BoxError> {
        let last = worker::lists(&self.urls(), self.sessions).await?;
        let first = vec![Vec::new(); self.sessions.into()];
        Ok(vec![Era {
            begins: Duration::ZERO,
            ends: Duration::MAX,
            first,
            last,
            copied: None,
        }])
    }
}
