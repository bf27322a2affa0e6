//! Who is due on a cluster, whose index is not in the slot of the user.

use std::time::Duration;

use harness::assert_matches;
use harness::cluster::Cluster;
use harness::command::{executions, run};
use harness::sessions::{prepare, soon, user, within};
use redis::AsyncCommands;
use tokio::time::{Instant, sleep};
use vimbiso_state::store::{CommitOutcome, Due, OutboxChanges, OutboxCommit, WakeUp};
use vimbiso_state::{RedisStore, StateStore, UserId};

use crate::due::{commit_as, due, due_as, push, wake_after};
use crate::half_writes::ID;
use crate::outbox_calls::{commit_with, outboxes};
use crate::stored_bytes::now;

pub async fn store(cluster: &Cluster) -> RedisStore {
    let builder = RedisStore::builder();
    builder.connect_cluster(cluster.urls()).await.unwrap()
}

/// All entries of the index, with their shards, by their members.
pub async fn entries(cluster: &Cluster) -> Vec<(String, String, f64)> {
    let mut entries = Vec::new();
    for node in &cluster.nodes {
        let mut redis = node.raw().await;
        let shards: Vec<String> = redis.keys("{_wake_*}").await.unwrap();
        for shard in shards {
            let members: Vec<(String, f64)> = redis.zrange_withscores(&shard, 0, -1).await.unwrap();
            entries.extend(
                members
                    .into_iter()
                    .map(|(member, at)| (shard.clone(), member, at)),
            );
        }
    }
    entries.sort_by(|(_, one, _), (_, other, _)| one.cmp(other));
    entries
}

async fn set(cluster: &Cluster, shard: &str, member: &str, score: f64) {
    let owner = cluster.owner(shard).await;
    let mut redis = cluster.nodes[owner].raw().await;
    let () = redis.zadd(shard, member, score).await.unwrap();
}

/// Has all looks come now whose time has not come.
pub async fn hasten(cluster: &Cluster, kind: char) {
    for (shard, member, _) in entries(cluster).await {
        if member.starts_with(kind) {
            set(cluster, &shard, &member, 1.0).await;
        }
    }
}

/// The members of the index, and in how many seconds since then each is looked at, in tens.
async fn times(cluster: &Cluster, started: u64) -> Vec<(String, i64)> {
    let tens = |at: f64| ((at - started as f64) / 10_000.0).floor();
    let entries = entries(cluster).await.into_iter();
    entries
        .map(|(_, member, at)| (member, tens(at) as i64 * 10))
        .collect()
}

#[tokio::test]
async fn reminder_of_a_refused_commit_keeps_the_former() {
    let cluster = Cluster::start(2).await;
    let mut store = self::store(&cluster).await;
    let started = now();
    commit_as(&store, &user(), wake_after(Duration::from_secs(100))).await;
    hasten(&cluster, 'w').await;
    assert_eq!(due(&store).await, []);
    let former = [(format!("r{ID}"), 100)];
    assert_eq!(times(&cluster, started).await, former);
    // A later and an earlier one, each on a session that is not the newest.
    for time in [1000, 20] {
        // A process that has given no hint, because the looks come too early for those here.
        store = self::store(&cluster).await;
        let stale = prepare(&store, "{}").await;
        commit_as(
            &store,
            &user(),
            OutboxChanges {
                wake_up: WakeUp::Keep(None),
                ..Default::default()
            },
        )
        .await;
        let refused = commit_with(&store, &stale, wake_after(Duration::from_secs(time))).await;
        assert_matches!(
            refused,
            Ok(OutboxCommit::Answered {
                outcome: CommitOutcome::Conflict(_),
                ..
            })
        );
        hasten(&cluster, 'w').await;
        assert_eq!(due(&store).await, []);
        assert_eq!(times(&cluster, started).await, former);
    }
    // It fires: its time in the outbox has come.
    store = self::store(&cluster).await;
    commit_as(&store, &user(), wake_after(Duration::ZERO)).await;
    hasten(&cluster, 'w').await;
    hasten(&cluster, 'r').await;
    let mut found = due(&store).await;
    found.extend(due(&store).await);
    assert_eq!(found, [due_as(&user(), true)]);
}

#[tokio::test]
async fn reminder_is_moved_earlier_and_later() {
    let cluster = Cluster::start(2).await;
    let member = format!("r{ID}");
    let started = now();
    for (time, entry) in [(100, 100), (50, 50), (200, 50)] {
        // A process that has given no hint, because the looks come too early for those here.
        let store = store(&cluster).await;
        commit_as(&store, &user(), wake_after(Duration::from_secs(time))).await;
        hasten(&cluster, 'w').await;
        assert_eq!(due(&store).await, []);
        // A later one is found by the look at the former.
        assert_eq!(times(&cluster, started).await, [(member.clone(), entry)]);
    }
    let store = store(&cluster).await;
    hasten(&cluster, 'r').await;
    assert_eq!(due(&store).await, []);
    assert_eq!(times(&cluster, started).await, [(member, 200)]);
    commit_as(&store, &user(), OutboxChanges::default()).await;
    hasten(&cluster, 'r').await;
    assert_eq!(due(&store).await, []);
    assert_eq!(entries(&cluster).await, []);
}

/// The window is 12 s, and its last 5 s are for clocks that differ.
#[tokio::test]
async fn commit_whose_hint_is_over_is_sent_with_another() {
    let cluster = Cluster::start(2).await;
    let store = store(&cluster).await;
    commit_as(&store, &user(), push()).await;
    // The process relies on its hint for 5 s, and stops for longer while its commit is under way.
    let next = prepare(&store, "{}").await;
    let owner = cluster.owner(&format!("{{{ID}}}")).await;
    cluster.nodes[owner].freeze();
    let request = next.request(within(Duration::from_secs(20)));
    let user = user();
    let outboxes = outboxes(&store);
    let commit = outboxes.commit_with(&user, request, push());
    let thaw = async {
        sleep(Duration::from_millis(7500)).await;
        cluster.nodes[owner].thaw();
    };
    let (answer, ()) = tokio::join!(commit, thaw);
    assert_matches!(
        answer,
        Ok(OutboxCommit::Answered {
            outcome: CommitOutcome::Applied(_),
            ..
        })
    );
    let (_, _, look) = entries(&cluster).await.remove(0);
    let left = look - now() as f64;
    assert!((8000.0..=12_000.0).contains(&left), "{left}");
}

#[tokio::test]
async fn wake_up_soon_after_the_commit_is_due_in_time() {
    let cluster = Cluster::start(2).await;
    let store = store(&cluster).await;
    let started = Instant::now();
    commit_as(&store, &user(), wake_after(Duration::from_secs(2))).await;
    while due(&store).await != [due_as(&user(), true)] {
        assert!(started.elapsed() < Duration::from_secs(15));
        sleep(Duration::from_millis(100)).await;
    }
    assert!(started.elapsed() > Duration::from_secs(2));
}

/// Users whose index and outbox are on this node, and others who have neither there.
async fn users_apart(cluster: &Cluster, store: &RedisStore, node: usize) -> Vec<UserId> {
    let mut apart = Vec::new();
    for n in 100.. {
        let user = UserId::new(n.to_string()).unwrap();
        commit_as(store, &user, push()).await;
        let member = format!("w{n}");
        let entries = entries(cluster).await;
        let (shard, ..) = entries.iter().find(|(_, of, _)| *of == member).unwrap();
        let keys = format!("{{{n}}}");
        if cluster.owner(shard).await != node && cluster.owner(&keys).await != node {
            apart.push(user);
        }
        if apart.len() == 3 {
            break;
        }
    }
    apart
}

#[tokio::test]
async fn silent_node_delays_no_user_of_the_others() {
    let cluster = Cluster::start(3).await;
    let store = store(&cluster).await;
    let apart = users_apart(&cluster, &store, 0).await;
    // Each connection is open, and all are due.
    assert_eq!(due(&store).await, []);
    hasten(&cluster, 'w').await;
    cluster.nodes[0].freeze();
    let asked = Instant::now();
    let deadline = within(Duration::from_secs(2));
    let found = outboxes(&store)
        .due(64, Duration::from_secs(6), deadline)
        .await;
    let took = asked.elapsed();
    cluster.nodes[0].thaw();
    assert!(took < Duration::from_secs(4), "{took:?}");
    let found: Vec<Due> = found.unwrap();
    for user in apart {
        assert!(
            found.contains(&due_as(&user, false)),
            "{user:?} of {found:?}"
        );
    }
}

#[tokio::test]
async fn idle_cluster_is_asked_once_for_each_shard() {
    let cluster = Cluster::start(3).await;
    let store = store(&cluster).await;
    assert_eq!(due(&store).await, []);
    for node in &cluster.nodes {
        let () = run(&mut node.raw().await, "CONFIG RESETSTAT").await;
    }
    assert_eq!(due(&store).await, []);
    let mut asked = 0;
    for node in &cluster.nodes {
        asked += executions(&mut node.raw().await, "evalsha").await;
    }
    assert_eq!(asked, 16);
}

#[tokio::test]
async fn limit_holds_and_the_most_overdue_come_first() {
    let cluster = Cluster::start(2).await;
    let store = store(&cluster).await;
    for n in 1..=20 {
        let user = UserId::new(n.to_string()).unwrap();
        commit_as(&store, &user, push()).await;
    }
    for (shard, member, _) in entries(&cluster).await {
        let n: f64 = member[1..].parse().unwrap();
        set(&cluster, &shard, &member, 100.0 - n).await;
    }
    let found = outboxes(&store)
        .due(3, Duration::from_secs(6), soon())
        .await;
    let found = found.unwrap();
    let found: Vec<_> = found.iter().map(|due| due.user.expose()).collect();
    assert_eq!(found, ["20", "19", "18"]);
    // The others were not claimed.
    assert_eq!(due(&store).await.len(), 17);
}

#[tokio::test]
async fn user_who_was_deleted_leaves_the_index() {
    let cluster = Cluster::start(2).await;
    let store = store(&cluster).await;
    let changes = OutboxChanges {
        wake_up: WakeUp::After(Duration::from_secs(60)),
        ..push()
    };
    commit_as(&store, &user(), changes).await;
    store.delete(&user(), soon()).await.unwrap();
    hasten(&cluster, 'w').await;
    assert_eq!(due(&store).await, []);
    assert_eq!(entries(&cluster).await, []);
}
