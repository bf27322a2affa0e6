//! A Redis Cluster: every user is where all their keys are, and stays so when nodes die and slots move.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::cluster::{Cluster, Move, slot};
use harness::sessions::{
    Attempt, assert_applied, assert_discreet, load, soon, state, text, user, within, write,
};
use redis::AsyncCommands;
use tokio::time::sleep;
use vimbiso_state::{Error, RedisStore, StateStore, StoreError, UserId};

use crate::deliveries::{assert_once, work};

async fn store(nodes: Vec<String>) -> RedisStore {
    RedisStore::builder().connect_cluster(nodes).await.unwrap()
}

/// Writes a session of this user's.
async fn visit(store: &RedisStore, id: &str) {
    let user = UserId::new(id).unwrap();
    let found = store.load(&user, None, soon()).await.unwrap();
    assert_applied(
        &store
            .commit(&user, Attempt::on(&found, "{}").until(soon()))
            .await,
    );
}

#[tokio::test]
async fn all_keys_of_a_user_share_a_slot_users_are_spread() {
    let cluster = Cluster::start(3).await;
    let store = store(cluster.urls()[..1].to_vec()).await;
    for n in 0..30 {
        visit(&store, &n.to_string()).await;
    }
    let mut slots = BTreeSet::new();
    for node in &cluster.nodes {
        let mut redis = node.raw().await;
        let keys: Vec<String> = redis.keys("*").await.unwrap();
        assert!(!keys.is_empty(), "a node has none of thirty users");
        for key in keys {
            let (id, _) = key.split_once('}').unwrap();
            slots.insert((id.to_owned(), slot(&mut redis, &key).await));
        }
    }
    assert_eq!(slots.len(), 30, "{slots:?}");

    // Who has been named is asked at once from then on.
    for node in &cluster.nodes {
        redis::cmd("CONFIG")
            .arg("RESETSTAT")
            .exec_async(&mut node.raw().await)
            .await
            .unwrap();
    }
    for n in 0..30 {
        visit(&store, &n.to_string()).await;
    }
    for node in &cluster.nodes {
        let errors: String = redis::cmd("INFO")
            .arg("errorstats")
            .query_async(&mut node.raw().await)
            .await
            .unwrap();
        assert!(!errors.contains("MOVED"), "{errors}");
    }

    for n in 0..30 {
        store
            .delete(&UserId::new(n.to_string()).unwrap(), soon())
            .await
            .unwrap();
    }
    for node in &cluster.nodes {
        assert_eq!(
            redis::cmd("DBSIZE")
                .query_async::<u64>(&mut node.raw().await)
                .await
                .unwrap(),
            0
        );
    }
}

#[tokio::test]
async fn a_user_goes_where_their_slot_goes() {
    let cluster = Cluster::start(2).await;
    let store = store(cluster.urls()).await;
    let mut last = write(&store, r#"{"moves":0}"#).await;
    for moves in 1..=3 {
        let key = format!("{{{}}}", user().expose());
        cluster.agrees().await;
        let owner = cluster.owner(&key).await;
        Move::begin(&cluster.nodes[owner], &cluster.nodes[1 - owner], &key)
            .await
            .end()
            .await;
        // The same attempt is known where it went, and the next one follows it.
        assert_applied(&last.send(&store, soon()).await);
        last = write(&store, &format!(r#"{{"moves":{moves}}}"#)).await;
        assert_eq!(cluster.owner(&key).await, 1 - owner);
    }
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"moves":3}"#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_take_effect_once_while_their_slot_moves() {
    let cluster = Cluster::start(2).await;
    let (one, other) = (store(cluster.urls()).await, store(cluster.urls()).await);
    let working = tokio::spawn(async move { tokio::join!(work(one, 0), work(other, 1)) });
    let (key, mut moves) = (format!("{{{}}}", user().expose()), 0);
    while !working.is_finished() {
        cluster.agrees().await;
        let owner = cluster.owner(&key).await;
        let mut moving = Move::begin(&cluster.nodes[owner], &cluster.nodes[1 - owner], &key).await;
        // Half-way, nobody can be served.
        moving.take(2).await;
        sleep(Duration::from_millis(20)).await;
        moving.end().await;
        moves += 1;
        sleep(Duration::from_millis(200)).await;
    }
    let (here, there) = working.await.unwrap();
    assert!(moves > 2, "moved {moves} times");
    assert_once(store(cluster.urls()).await, here + there).await;
}

#[tokio::test]
async fn a_replica_takes_over_for_a_master_that_is_killed() {
    let mut cluster = Cluster::start(3).await;
    let store = store(cluster.urls()).await;
    let kept = write(&store, r#"{"kept":true}"#).await;
    let master = cluster.owner(&format!("{{{}}}", user().expose())).await;
    cluster.add_replica_of(master).await;
    let reached: u64 = redis::cmd("WAIT")
        .arg(1)
        .arg(10_000)
        .query_async(&mut cluster.nodes[master].raw().await)
        .await
        .unwrap();
    assert_eq!(reached, 1);
    cluster.nodes[master].kill();
    let deadline = within(Duration::from_secs(30));
    let found = store.load(&user(), Some(&kept.id), deadline).await.unwrap();
    assert_eq!(found.session.version(), Some(kept.record.version));
    assert!(found.done.is_some(), "the commit id came along");
    assert_applied(
        &Attempt::on(&found, r#"{"after":true}"#)
            .send(&store, deadline)
            .await,
    );
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"after":true}"#));
}

#[tokio::test]
async fn any_node_that_answers_will_do_to_begin_with() {
    let cluster = Cluster::start(2).await;
    let dead = "redis://127.0.0.1:1".to_owned();
    let store = store(vec![dead.clone(), cluster.nodes[0].url()]).await;
    write(&store, "{}").await;
    let error = RedisStore::builder()
        .connect_cluster([dead])
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Store(StoreError::Unavailable { .. })),
        "{error:?}"
    );
    let error = RedisStore::builder()
        .connect_cluster(Vec::<String>::new())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Setting {
                what: "the cluster's nodes",
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn store_connects_although_some_nodes_are_gone() {
    let cluster = Cluster::start(2).await;
    let dead = (1..=20).map(|port| format!("redis://127.0.0.1:{port}"));
    let store = store(dead.chain([cluster.nodes[0].url()]).collect()).await;
    write(&store, "{}").await;
}

#[tokio::test]
async fn silent_node_leaves_time_for_the_next_one() {
    let cluster = Cluster::start(2).await;
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nodes = [
        format!("redis://{}", mute.local_addr().unwrap()),
        cluster.nodes[0].url(),
    ];
    let builder = RedisStore::builder()
        .connect_timeout(Duration::from_secs(2))
        .response_timeout(Duration::from_secs(60));
    let store = builder.connect_cluster(nodes).await.unwrap();
    write(&store, "{}").await;
}

#[tokio::test]
async fn a_node_that_refuses_is_still_the_one_to_ask() {
    let cluster = Cluster::start(2).await;
    let owner = cluster.owner(&format!("{{{}}}", user().expose())).await;
    let store = store(vec![cluster.nodes[1 - owner].url()]).await;
    let next = Attempt::on(&load(&store).await, "{}");
    let (mut full, mut other) = (
        cluster.nodes[owner].raw().await,
        cluster.nodes[1 - owner].raw().await,
    );
    let () = redis::cmd("CONFIG")
        .arg("SET")
        .arg("maxmemory")
        .arg("1")
        .query_async(&mut full)
        .await
        .unwrap();
    let () = redis::cmd("CONFIG")
        .arg("RESETSTAT")
        .query_async(&mut other)
        .await
        .unwrap();
    for _ in 0..3 {
        let refused = next.send(&store, soon()).await;
        assert!(
            matches!(refused, Err(StoreError::OverCapacity { .. })),
            "{refused:?}"
        );
    }
    let errors: String = redis::cmd("INFO")
        .arg("errorstats")
        .query_async(&mut other)
        .await
        .unwrap();
    assert!(!errors.contains("MOVED"), "{errors}");
}

#[tokio::test]
async fn a_node_of_a_cluster_is_not_taken_for_a_server() {
    let cluster = Cluster::start(2).await;
    for node in cluster.urls() {
        for braces in [false, true] {
            let error = RedisStore::builder()
                .braces(braces)
                .connect(node.as_str())
                .await
                .unwrap_err();
            assert!(
                matches!(error, Error::Store(StoreError::Misconfigured { .. })),
                "{error:?}"
            );
            assert!(text(&error).contains("connect_cluster"), "{}", text(&error));
            assert_discreet(&error);
        }
    }
}

/// Valkey has several since 9.0: a session is kept there then.
#[tokio::test]
async fn database_number_on_a_cluster_is_refused_at_once() {
    fn refused(error: &Error) {
        assert!(
            matches!(error, Error::Store(StoreError::Misconfigured { .. })),
            "{error:?}"
        );
        assert_discreet(error);
    }
    let cluster = Cluster::start(2).await;
    let node = format!("{}/1", cluster.nodes[0].url());
    match RedisStore::builder().connect_cluster([node.as_str()]).await {
        Err(error) => refused(&error),
        Ok(store) => {
            write(&store, "{}").await;
            assert_eq!(state(&store).await.as_deref(), Some("{}"));
        }
    }
    refused(&RedisStore::connect(node).await.unwrap_err());
}
