//! Where the sessions of a history are, and what is done to it.

use std::sync::Arc;

use harness::proxy::Proxy;
use proof::history::Era;
use vimbiso_state::BoxError;

use crate::moves::Nodes;
use crate::outage::Host;
use crate::plan::{Fate, Move, Outage, Size};
use crate::worker::Record;

pub enum Home {
    Server(Host),
    Cluster(Nodes),
}

impl Home {
    pub async fn start(
        Size { sessions, .. }: Size,
        fate: Fate,
        record: Arc<Record>,
    ) -> Result<Self, BoxError> {
        Ok(match fate {
            Fate::Cluster => Self::Cluster(Nodes::start(sessions, record).await?),
            fate => Self::Server(Host::start(sessions, fate == Fate::Dies, record).await?),
        })
    }

    /// A network for each of so many workers, or one before each node.
    pub async fn networks(&self, workers: usize) -> Vec<Proxy> {
        match self {
            Self::Server(host) => host.networks(workers).await,
            Self::Cluster(nodes) => nodes.networks().await,
        }
    }

    /// What a worker connects to.
    pub fn way(&self, worker: usize, networks: &[Proxy]) -> Vec<String> {
        match self {
            Self::Server(_) => vec![networks[worker].url()],
            Self::Cluster(_) => networks.iter().map(Proxy::url).collect(),
        }
    }

    /// The servers themselves.
    pub fn urls(&self) -> Vec<String> {
        match self {
            Self::Server(host) => vec![host.url()],
            Self::Cluster(nodes) => nodes.urls(),
        }
    }

    /// Goes through all that is due, to its end.
    pub async fn suffer(
        self,
        outages: Vec<Outage>,
        moves: Vec<Move>,
        networks: Arc<Vec<Proxy>>,
    ) -> Result<Self, BoxError> {
        Ok(match self {
            Self::Server(host) => Self::Server(host.suffer(outages, &networks).await?),
            Self::Cluster(nodes) => {
                nodes.suffer(moves).await;
                Self::Cluster(nodes)
            }
        })
    }

    pub async fn eras(self) -> Result<Vec<Era>, BoxError> {
        match self {
            Self::Server(host) => host.eras().await,
            Self::Cluster(nodes) => nodes.eras().await,
        }
    }
}
