//! The server of the sessions: killed and restarted, or replaced by a replica that lacks the newest
//! commits.

use std::sync::Arc;
use std::time::Duration;

use harness::cluster::until;
use harness::command;
use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use proof::BoxError;
use proof::payments::event::{Event, What};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::payments::wire::{self, Lines};

/// What happens to the server, and when.
#[derive(Debug, Clone, Copy)]
pub enum Outage {
    /// It is killed after so long, and comes back with all it had.
    Killed { after: Duration, lasts: Duration },
    /// Its replica is cut off after so long, and becomes the server later.
    FailsOver { after: Duration, behind: Duration },
}

pub struct Sessions {
    server: Server,
    replica: Option<Replica>,
}

struct Replica {
    server: Server,
    /// The network between the server and the replica.
    link: Proxy,
}

impl Sessions {
    pub async fn start(with_replica: bool) -> Result<Self, BoxError> {
        let server = spawn_blocking(durable).await?;
        let mut sessions = Self {
            server,
            replica: None,
        };
        if with_replica {
            let replica = spawn_blocking(durable).await?;
            let link = Proxy::before(sessions.server.port()).await;
            let mut redis = replica.raw().await;
            let follow = format!("REPLICAOF 127.0.0.1 {}", link.port());
            let () = command::run(&mut redis, &follow).await;
            until(&mut redis, "INFO replication", "master_link_status:up").await;
            let server = replica;
            sessions.replica = Some(Replica { server, link });
        }
        Ok(sessions)
    }

    pub fn port(&self) -> u16 {
        self.server.port()
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Makes the outages one after the other. The times are counted from the end of the one before.
    pub async fn run(
        mut self,
        outages: Vec<Outage>,
        networks: Arc<Vec<Proxy>>,
        events: Arc<Lines>,
    ) -> Result<Self, BoxError> {
        for outage in outages {
            match outage {
                Outage::Killed { after, lasts } => {
                    sleep(after).await;
                    events.add(&Event::new(wire::now(), None, What::Died));
                    self.server = spawn_blocking(move || {
                        self.server.kill();
                        std::thread::sleep(lasts);
                        self.server.restart();
                        self.server
                    })
                    .await?;
                    events.add(&Event::new(wire::now(), None, What::ServerBack));
                }
                Outage::FailsOver { after, behind } => {
                    let Some(replica) = self.replica.take() else {
                        continue;
                    };
                    sleep(after).await;
                    replica.link.always(Mishap::ReplyLost);
                    sleep(behind).await;
                    let mut redis = replica.server.raw().await;
                    let () = command::run(&mut redis, "REPLICAOF NO ONE").await;
                    events.add(&Event::new(wire::now(), None, What::FailedOver));
                    let port = replica.server.port();
                    networks.iter().for_each(|proxy| proxy.lead_to(port));
                    let mut old = std::mem::replace(&mut self.server, replica.server);
                    spawn_blocking(move || old.kill()).await?;
                }
            }
        }
        Ok(self)
    }
}

/// Every acknowledged commit is on disk.
fn durable() -> Server {
    Server::with(&[
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--repl-diskless-sync",
        "yes",
        "--repl-diskless-sync-delay",
        "0",
    ])
}
