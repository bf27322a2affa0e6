//! One failover, with workers that do not stop for it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::desk::Manager;
use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;
use vimbiso_state::Step;
use vimbiso_state::{Handled, MessageId, RedisStore, StateManager, UserId};

use crate::whole_session::{apply, assert_whole};

/// How every user's number begins; no log may hold it.
pub const NUMBER: &str = "2637712345";
const SESSIONS: usize = 6;
/// The session that is looked at more closely than the others.
const WITNESS: usize = SESSIONS;

pub struct Round {
    pub acknowledged: usize,
    pub lost: usize,
}

/// A message that took effect, as its worker was told.
struct Acknowledged {
    session: usize,
    id: String,
    on: Vec<String>,
    start: Instant,
    end: Instant,
}

#[derive(Default)]
struct Traffic {
    acknowledged: Mutex<Vec<Acknowledged>>,
    count: AtomicUsize,
    stop: AtomicBool,
}

pub async fn run(seed: u64) -> Round {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut master, replica) = tokio::task::spawn_blocking(|| (server(), server()))
        .await
        .unwrap();
    let link = Proxy::before(master.port()).await;
    let (mut to_master, mut to_replica) = (master.raw().await, replica.raw().await);
    follow(&mut to_replica, "127.0.0.1", &link.port().to_string()).await;

    let way = Proxy::before(master.port()).await;
    let traffic = Arc::new(Traffic::default());
    let mut workers = JoinSet::new();
    for worker in 0..3 {
        let rng = StdRng::from_rng(&mut rng);
        workers.spawn(Arc::clone(&traffic).keep_going(worker, manager(&way.url()).await, rng));
    }
    let witness = manager(&way.url()).await;
    for id in ["a", "b"] {
        deliver(&witness, WITNESS, id).await;
    }
    traffic.goes_on(20).await;

    // Everything that was acknowledged by now is on the replica when this returns.
    let marked = Instant::now();
    replicated(&mut to_master).await;
    link.always(Mishap::ReplyLost);
    assert_eq!(
        deliver(&witness, WITNESS, "c").await.last().unwrap(),
        &["a", "b"]
    );
    traffic.goes_on(rng.random_range(5..30)).await;

    follow(&mut to_replica, "NO", "ONE").await;
    let promoted = lists(&replica.url()).await;
    way.lead_to(replica.port());
    match rng.random_range(0..3) {
        0 => master.kill(),
        1 => master.freeze(),
        _ => follow(&mut to_master, "127.0.0.1", &replica.port().to_string()).await,
    }
    let away = Instant::now();

    // Decided on the lost commit, refused, and decided again on what there is.
    let decisions = deliver(&witness, WITNESS, "d").await;
    assert_eq!(decisions, [vec!["a", "b", "c"], vec!["a", "b"]]);
    traffic.goes_on(20).await;
    traffic.stop.store(true, Ordering::SeqCst);
    while let Some(done) = workers.join_next().await {
        done.unwrap();
    }
    let last = lists(&replica.url()).await;
    assert_eq!(last[WITNESS], ["a", "b", "d"]);
    let acknowledged = std::mem::take(&mut *traffic.acknowledged.lock().unwrap());
    let lost = check(&acknowledged, &promoted, &last, marked, away);
    Round {
        acknowledged: acknowledged.len(),
        lost,
    }
}

/// Checks every acknowledgement against what there is in the end; how many are lost.
fn check(
    acknowledged: &[Acknowledged],
    promoted: &[Vec<String>],
    last: &[Vec<String>],
    marked: Instant,
    away: Instant,
) -> usize {
    for (session, (promoted, last)) in promoted.iter().zip(last).enumerate() {
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
    let mut lost = 0;
    for Acknowledged {
        session,
        id,
        on,
        start,
        end,
    } in acknowledged
    {
        let kept = last[*session].contains(id);
        assert!(
            kept || *end >= marked,
            "{id} was replicated, and is lost: {:?}",
            last[*session]
        );
        assert!(
            kept || *start <= away,
            "{id} came after the failover, and is lost: {:?}",
            last[*session]
        );
        assert!(
            *start <= away || last[*session].starts_with(on),
            "{id} was decided on {on:?}, which is not of {:?}",
            last[*session]
        );
        assert!(
            *end >= marked || promoted[*session].contains(id),
            "{id} was replicated, and not promoted"
        );
        lost += usize::from(!kept);
    }
    lost
}

impl Traffic {
    async fn keep_going(self: Arc<Self>, worker: usize, manager: Manager, mut rng: StdRng) {
        for n in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let (session, id, start) = (
                rng.random_range(0..SESSIONS),
                format!("{worker}-{n}"),
                Instant::now(),
            );
            let on = deliver(&manager, session, &id)
                .await
                .pop()
                .unwrap_or_default();
            let end = Instant::now();
            self.acknowledged.lock().unwrap().push(Acknowledged {
                session,
                id,
                on,
                start,
                end,
            });
            self.count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_micros(rng.random_range(0..2000))).await;
        }
    }

    /// Waits for so many more acknowledgements.
    async fn goes_on(&self, more: usize) {
        let (until, started) = (self.count.load(Ordering::SeqCst) + more, Instant::now());
        while self.count.load(Ordering::SeqCst) < until {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "the workers stand still"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Delivers a message until it is acknowledged, as a webhook does. The lists that it was decided on, one after the other.
async fn deliver(manager: &Manager, session: usize, id: &str) -> Vec<Vec<String>> {
    let (decisions, user, message) = (
        Mutex::new(Vec::new()),
        user(session),
        MessageId::new(id).unwrap(),
    );
    for _ in 0..20 {
        let turn = manager.handle(&user, &message, |turn| {
            let on = apply(turn, id)?;
            decisions.lock().unwrap().push(on);
            Ok(Step::Commit(()))
        });
        match turn.await {
            Ok(
                Handled::Committed { user, .. }
                | Handled::Stopped { user, .. }
                | Handled::Duplicate { user, .. },
            ) => {
                assert!(user.data().applied.iter().any(|applied| applied == id));
                return decisions.into_inner().unwrap();
            }
            Err(error) => eprintln!("{id} again: {error}"),
        }
    }
    panic!("{id} was never acknowledged");
}

async fn manager(url: &str) -> Manager {
    let store = RedisStore::builder()
        .response_timeout(Duration::from_millis(100))
        .connect(url)
        .await
        .unwrap();
    StateManager::builder(store)
        .deadline(Duration::from_secs(5))
        .build()
        .unwrap()
}

/// What a server holds of every session; each must be whole.
async fn lists(url: &str) -> Vec<Vec<String>> {
    let manager = manager(url).await;
    let mut lists = Vec::new();
    for session in 0..=WITNESS {
        let user = manager.load(&user(session)).await.unwrap();
        assert_whole(&user);
        lists.push(user.data().applied.clone());
    }
    lists
}

fn user(session: usize) -> UserId {
    UserId::new(format!("{NUMBER}{session:02}")).unwrap()
}

fn server() -> Server {
    Server::with(&[
        "--repl-diskless-sync",
        "yes",
        "--repl-diskless-sync-delay",
        "0",
    ])
}

/// `NO` and `ONE` promote.
async fn follow(redis: &mut MultiplexedConnection, host: &str, port: &str) {
    let _: () = redis::cmd("REPLICAOF")
        .arg(host)
        .arg(port)
        .query_async(redis)
        .await
        .unwrap();
}

/// Waits until the replica has everything that was written before.
async fn replicated(master: &mut MultiplexedConnection) {
    let _: () = redis::cmd("SET")
        .arg("mark")
        .arg(1)
        .query_async(master)
        .await
        .unwrap();
    let replicas: u32 = redis::cmd("WAIT")
        .arg(1)
        .arg(9000)
        .query_async(master)
        .await
        .unwrap();
    assert_eq!(replicas, 1, "the replica does not follow");
}
