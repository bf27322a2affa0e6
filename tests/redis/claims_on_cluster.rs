//! Claims on a cluster, and the hints that come meanwhile.

use std::time::Duration;

use harness::assert_matches;
use harness::cluster::Cluster;
use harness::command::run;
use harness::sessions::{Attempt, soon, user, within};
use redis::AsyncCommands;
use tokio::time::sleep;
use vimbiso_state::store::{CommitOutcome, OutboxCommit};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

use crate::due::{commit_as, due, due_as, push, wake_after};
use crate::due_on_cluster::{entries, hasten, store};
use crate::outbox_calls::outboxes;
use crate::stored_bytes::now;

#[tokio::test]
async fn hint_takes_the_place_of_a_claim() {
    let cluster = Cluster::start(2).await;
    let first = store(&cluster).await;
    commit_as(&first, &user(), push()).await;
    hasten(&cluster, 'w').await;
    assert_eq!(due(&first).await, [due_as(&user(), false)]);
    let (_, _, claim) = entries(&cluster).await.remove(0);
    assert_eq!(claim.fract(), 0.5);
    // By another process, which relies on no hint yet.
    commit_as(&store(&cluster).await, &user(), push()).await;
    let (_, _, hint) = entries(&cluster).await.remove(0);
    assert!(hint > claim && hint.fract() == 0.0, "{hint}");
}

/// A user who is to be woken, with the part of the index, and the node of the outbox. They are not
/// on one node.
async fn user_apart(cluster: &Cluster, store: &RedisStore) -> (UserId, String, usize) {
    for n in 100.. {
        let user = UserId::new(n.to_string()).unwrap();
        commit_as(store, &user, wake_after(Duration::from_secs(100))).await;
        let (shard, ..) = entries(cluster).await.remove(0);
        let node = cluster.owner(&format!("{{{n}}}")).await;
        if cluster.owner(&shard).await != node {
            return (user, shard, node);
        }
        store.delete(&user, soon()).await.unwrap();
        hasten(cluster, 'w').await;
        assert_eq!(due(store).await, []);
    }
    unreachable!()
}

#[tokio::test]
async fn look_moves_no_hint_that_came_meanwhile() {
    let cluster = Cluster::start(2).await;
    for node in &cluster.nodes {
        // It does not fail for as long as it is silent here.
        let () = run(
            &mut node.raw().await,
            "CONFIG SET cluster-node-timeout 60000",
        )
        .await;
    }
    let first = store(&cluster).await;
    let (user, shard, node) = user_apart(&cluster, &first).await;
    let member = format!("w{}", user.expose());
    let stale = first.load(&user, None, soon()).await.unwrap();
    let stale = Attempt::on(&stale, "{}");
    commit_as(&first, &user, wake_after(Duration::from_secs(100))).await;
    hasten(&cluster, 'w').await;
    let other = store(&cluster).await;
    let mut index = cluster.nodes[1 - node].raw().await;
    cluster.nodes[node].freeze();
    // For half of the time, the other parts of the index are asked for. Then the user is claimed,
    // and for half of the rest the look waits for the outbox.
    let length = Duration::from_secs(6);
    let looking = outboxes(&first).due(64, length, within(Duration::from_secs(12)));
    let commit = async {
        sleep(Duration::from_secs(7)).await;
        let claim: f64 = index.zscore(&shard, &member).await.unwrap();
        assert_eq!(claim.fract(), 0.5);
        let request = stale.request(soon());
        outboxes(&other).commit_with(&user, request, push()).await
    };
    let thaw = async {
        sleep(Duration::from_millis(7500)).await;
        cluster.nodes[node].thaw();
    };
    let (found, refused, ()) = tokio::join!(looking, commit, thaw);
    // No user is found to be due, and of some it is not known.
    assert_matches!(found, Err(StoreError::Unavailable { .. }));
    assert_matches!(
        refused,
        Ok(OutboxCommit::Answered {
            outcome: CommitOutcome::Conflict(_),
            ..
        })
    );
    let hint: Option<f64> = index.zscore(&shard, &member).await.unwrap();
    let left = hint.unwrap() - now() as f64;
    assert!((5000.0..=12_000.0).contains(&left), "{left}");
}
