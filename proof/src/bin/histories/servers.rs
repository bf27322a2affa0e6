//! The servers that hold the sessions of a history, and what is done to them.

use std::sync::Arc;

use harness::proxy::Proxy;
use proof::BoxError;
use proof::history::Era;

use crate::log::Log;
use crate::moves::Nodes;
use crate::outage::SingleServer;
use crate::plan::{Move, Outage, Setup, Size};

pub enum Servers {
    Single(SingleServer),
    Cluster(Nodes),
}

impl Servers {
    pub async fn start(
        Size { sessions, .. }: Size,
        setup: Setup,
        log: Arc<Log>,
    ) -> Result<Self, BoxError> {
        Ok(match setup {
            Setup::Cluster => Self::Cluster(Nodes::start(sessions, log).await?),
            Setup::Server | Setup::KilledServer => {
                let durable = setup == Setup::KilledServer;
                Self::Single(SingleServer::start(sessions, durable, log).await?)
            }
        })
    }

    /// A network for each of so many workers, or one before each node.
    pub async fn networks(&self, workers: usize) -> Vec<Proxy> {
        match self {
            Self::Single(server) => server.networks(workers).await,
            Self::Cluster(nodes) => nodes.networks().await,
        }
    }

    /// The addresses to which a worker connects.
    pub fn urls_for(&self, worker: usize, networks: &[Proxy]) -> Vec<String> {
        match self {
            Self::Single(_) => vec![networks[worker].url()],
            Self::Cluster(_) => networks.iter().map(Proxy::url).collect(),
        }
    }

    /// The servers themselves, without a faulty network.
    pub fn urls(&self) -> Vec<String> {
        match self {
            Self::Single(server) => vec![server.url()],
            Self::Cluster(nodes) => nodes.urls(),
        }
    }

    /// Makes all outages or moves as they become due.
    pub async fn run_faults(
        self,
        outages: Vec<Outage>,
        moves: Vec<Move>,
        networks: Arc<Vec<Proxy>>,
    ) -> Result<Self, BoxError> {
        Ok(match self {
            Self::Single(server) => Self::Single(server.run_outages(outages, &networks).await?),
            Self::Cluster(nodes) => {
                nodes.run_moves(moves).await;
                Self::Cluster(nodes)
            }
        })
    }

    pub async fn eras(self) -> Result<Vec<Era>, BoxError> {
        match self {
            Self::Single(server) => server.eras().await,
            Self::Cluster(nodes) => nodes.eras().await,
        }
    }
}
