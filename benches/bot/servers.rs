//! The servers, and what they count.

use harness::cluster::Cluster;
use harness::command::{executions, statistic};
use harness::server::Server;
use vimbiso_state::RedisStore;

pub enum Servers {
    One(Server),
    Cluster(Cluster),
}

impl Servers {
    pub fn one() -> Self {
        Self::One(Server::start())
    }

    pub async fn cluster() -> Self {
        Self::Cluster(Cluster::start(3).await)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::One(_) => "one server",
            Self::Cluster(_) => "a cluster of three",
        }
    }

    fn nodes(&self) -> &[Server] {
        match self {
            Self::One(server) => std::slice::from_ref(server),
            Self::Cluster(cluster) => &cluster.nodes,
        }
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes().iter().map(Server::url).collect()
    }

    /// How many requests all nodes have carried out: a load is an EXEC, all others are scripts.
    pub async fn requests(&self) -> u64 {
        let mut sum = 0;
        for node in self.nodes() {
            let mut redis = node.raw().await;
            for command in ["evalsha", "eval", "exec"] {
                sum += executions(&mut redis, command).await;
            }
        }
        sum
    }

    /// How many commands all nodes have carried out, those within scripts included.
    pub async fn commands(&self) -> u64 {
        let mut sum = 0;
        for node in self.nodes() {
            sum += statistic(&mut node.raw().await, "total_commands_processed").await;
        }
        sum
    }
}

pub async fn connect(urls: &[String]) -> RedisStore {
    let builder = RedisStore::builder().namespace("bench");
    match urls {
        [url] => builder.connect(url.as_str()).await.unwrap(),
        urls => builder
            .connect_cluster(urls.iter().map(String::as_str))
            .await
            .unwrap(),
    }
}
