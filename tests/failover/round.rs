//! One failover, with workers that go on meanwhile.

use std::sync::Arc;
use std::time::Instant;

use harness::command::run as run_command;
use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;

use crate::traffic::{Acknowledged, SESSIONS, Traffic, WITNESS, deliver, lists, manager};

pub struct Round {
    pub acknowledged: usize,
    pub lost: usize,
}

pub async fn run(seed: u64) -> Round {
    let mut rng = StdRng::seed_from_u64(seed);
    let servers = tokio::task::spawn_blocking(|| (server(), server()));
    let (mut master, replica) = servers.await.unwrap();
    let link = Proxy::before(master.port()).await;
    let mut to_master = master.raw().await;
    let mut to_replica = replica.raw().await;
    let follow = format!("REPLICAOF 127.0.0.1 {}", link.port());
    let () = run_command(&mut to_replica, &follow).await;

    let proxy = Proxy::before(master.port()).await;
    let traffic = Arc::new(Traffic::default());
    let mut workers = JoinSet::new();
    for worker in 0..3 {
        let rng = StdRng::from_rng(&mut rng);
        let manager = manager(&proxy.url()).await;
        workers.spawn(Arc::clone(&traffic).keep_going(worker, manager, rng));
    }
    let witness = manager(&proxy.url()).await;
    for id in ["a", "b"] {
        deliver(&witness, WITNESS, id).await;
    }
    traffic.goes_on(20).await;

    // Everything that was acknowledged by now is on the replica when this returns.
    let marked = Instant::now();
    replicated(&mut to_master).await;
    link.always(Mishap::ReplyLost);
    let decisions = deliver(&witness, WITNESS, "c").await;
    assert_eq!(decisions.last().unwrap(), &["a", "b"]);
    traffic.goes_on(rng.random_range(5..30)).await;

    let () = run_command(&mut to_replica, "REPLICAOF NO ONE").await;
    let promoted = lists(&replica.url()).await;
    proxy.lead_to(replica.port());
    match rng.random_range(0..3) {
        0 => master.kill(),
        1 => master.freeze(),
        _ => {
            let demote = format!("REPLICAOF 127.0.0.1 {}", replica.port());
            let () = run_command(&mut to_master, &demote).await;
        }
    }
    let failed_over = Instant::now();

    // Decided on the lost commit, refused, and decided again on what the replica has.
    let decisions = deliver(&witness, WITNESS, "d").await;
    assert_eq!(decisions, [vec!["a", "b", "c"], vec!["a", "b"]]);
    traffic.goes_on(20).await;
    traffic.stop();
    while let Some(worker) = workers.join_next().await {
        worker.unwrap();
    }
    let last = lists(&replica.url()).await;
    assert_eq!(last[WITNESS], ["a", "b", "d"]);
    let outcome = Outcome {
        promoted,
        last,
        marked,
        failed_over,
    };
    outcome.check_lists();
    let acknowledged = traffic.acknowledged();
    Round {
        acknowledged: acknowledged.len(),
        lost: acknowledged
            .iter()
            .filter(|message| outcome.has_lost(message))
            .count(),
    }
}

/// What the servers held, and when.
struct Outcome {
    /// The lists of the replica when it became the master.
    promoted: Vec<Vec<String>>,
    last: Vec<Vec<String>>,
    /// From when on messages may not be replicated.
    marked: Instant,
    failed_over: Instant,
}

impl Outcome {
    /// Checks that no promoted list was overwritten and no message is doubled.
    fn check_lists(&self) {
        for session in 0..=SESSIONS {
            let promoted = &self.promoted[session];
            let last = &self.last[session];
            assert!(
                last.starts_with(promoted),
                "session {session}: {promoted:?} was overwritten by {last:?}"
            );
            let mut once = last.clone();
            once.sort();
            once.dedup();
            assert_eq!(
                once.len(),
                last.len(),
                "session {session}: doubled in {last:?}"
            );
        }
    }

    /// Whether an acknowledged message is lost. Fails if it must not be.
    fn has_lost(&self, message: &Acknowledged) -> bool {
        let id = &message.id;
        let last = &self.last[message.session];
        let is_replicated = message.end < self.marked;
        let is_late = message.start > self.failed_over;
        let is_kept = last.contains(id);
        assert!(
            is_kept || !is_replicated,
            "{id} was replicated, and is lost: {last:?}"
        );
        assert!(
            is_kept || !is_late,
            "{id} came after the failover, and is lost: {last:?}"
        );
        assert!(
            !is_late || last.starts_with(&message.before),
            "{id} was decided on {:?}, which is no part of {last:?}",
            message.before
        );
        assert!(
            !is_replicated || self.promoted[message.session].contains(id),
            "{id} was replicated, and not promoted"
        );
        !is_kept
    }
}

fn server() -> Server {
    Server::with(&[
        "--repl-diskless-sync",
        "yes",
        "--repl-diskless-sync-delay",
        "0",
    ])
}

/// Waits until the replica has everything that was written before.
async fn replicated(master: &mut MultiplexedConnection) {
    // WAIT waits for the writes of its own connection alone, so it makes one.
    let () = run_command(master, "SET mark 1").await;
    let replicas: u32 = run_command(master, "WAIT 1 9000").await;
    assert_eq!(replicas, 1, "the replica does not follow");
}
