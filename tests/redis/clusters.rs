//! A Redis Cluster: each user's keys are on one node, also if nodes die and slots move.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::assert_matches;
use harness::cluster::{Cluster, Move, slot, until};
use harness::command::{run, try_run};
use harness::gateway::{Gateway, Verdict};
use harness::server::Server;
use harness::sessions::{
    Attempt, assert_applied, assert_discreet, data, prepare, soon, text, user, within, write,
};
use tokio::time::sleep;
use vimbiso_state::{Error, RedisStore, StateStore, StoreError, UserId};

use crate::deliveries::{assert_once, work};

async fn store(nodes: Vec<String>) -> RedisStore {
    RedisStore::builder().connect_cluster(nodes).await.unwrap()
}

fn key_of_user() -> String {
    format!("{{{}}}", user().expose())
}

/// Writes a session of this user.
async fn write_as(store: &RedisStore, id: usize) {
    let user = UserId::new(id.to_string()).unwrap();
    let loaded = store.load(&user, None, soon()).await.unwrap();
    let attempt = Attempt::on(&loaded, "{}");
    assert_applied(&store.commit(&user, attempt.request(soon())).await);
}

#[tokio::test]
async fn all_keys_of_a_user_share_a_slot_users_are_spread() {
    let cluster = Cluster::start(3).await;
    let store = store(cluster.urls()[..1].to_vec()).await;
    for id in 0..30 {
        write_as(&store, id).await;
    }
    let mut slots = BTreeSet::new();
    for node in &cluster.nodes {
        let mut redis = node.raw().await;
        let keys: Vec<String> = run(&mut redis, "KEYS *").await;
        assert!(!keys.is_empty(), "a node has none of 30 users");
        for key in keys {
            let (id, _) = key.split_once('}').unwrap();
            slots.insert((id.to_owned(), slot(&mut redis, &key).await));
        }
    }
    assert_eq!(slots.len(), 30, "{slots:?}");

    // From now on, the store asks the right node at once.
    for node in &cluster.nodes {
        let () = run(&mut node.raw().await, "CONFIG RESETSTAT").await;
    }
    for id in 0..30 {
        write_as(&store, id).await;
    }
    for node in &cluster.nodes {
        let errors: String = run(&mut node.raw().await, "INFO errorstats").await;
        assert!(!errors.contains("MOVED"), "{errors}");
    }

    for id in 0..30 {
        let user = UserId::new(id.to_string()).unwrap();
        store.delete(&user, soon()).await.unwrap();
    }
    for node in &cluster.nodes {
        let keys: u64 = run(&mut node.raw().await, "DBSIZE").await;
        assert_eq!(keys, 0);
    }
}

#[tokio::test]
async fn a_user_goes_where_their_slot_goes() {
    let cluster = Cluster::start(2).await;
    let store = store(cluster.urls()).await;
    let mut last = write(&store, r#"{"moves":0}"#).await;
    for moves in 1..=3 {
        cluster.agrees().await;
        let owner = cluster.owner(&key_of_user()).await;
        let [from, to] = [owner, 1 - owner].map(|node| &cluster.nodes[node]);
        Move::begin(from, to, &key_of_user()).await.end().await;
        // The new node knows the last commit, and the next one follows it.
        assert_applied(&last.send(&store, soon()).await);
        last = write(&store, &format!(r#"{{"moves":{moves}}}"#)).await;
        assert_eq!(cluster.owner(&key_of_user()).await, 1 - owner);
    }
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"moves":3}"#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_take_effect_once_while_their_slot_moves() {
    let cluster = Cluster::start(2).await;
    let one = store(cluster.urls()).await;
    let other = store(cluster.urls()).await;
    let working = tokio::spawn(async move { tokio::join!(work(one, 0), work(other, 1)) });
    let mut moves = 0;
    while !working.is_finished() {
        cluster.agrees().await;
        let owner = cluster.owner(&key_of_user()).await;
        let [from, to] = [owner, 1 - owner].map(|node| &cluster.nodes[node]);
        let mut moving = Move::begin(from, to, &key_of_user()).await;
        // Each node has some of the keys now, so neither can serve the user.
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
    let master = cluster.owner(&key_of_user()).await;
    cluster.add_replica_of(master).await;
    let replicas: u64 = run(&mut cluster.nodes[master].raw().await, "WAIT 1 10000").await;
    assert_eq!(replicas, 1);
    cluster.nodes[master].kill();
    let deadline = within(Duration::from_secs(30));
    let loaded = store.load(&user(), Some(&kept.id), deadline).await.unwrap();
    assert_eq!(loaded.session.version(), Some(kept.record.version));
    assert!(
        loaded.commit_status.is_some(),
        "the replica knows the commit id"
    );
    let next = Attempt::on(&loaded, r#"{"after":true}"#);
    assert_applied(&next.send(&store, deadline).await);
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"after":true}"#));
}

#[tokio::test]
async fn a_store_connects_by_any_node_that_answers() {
    let cluster = Cluster::start(2).await;
    let dead = "redis://127.0.0.1:1".to_owned();
    let store = store(vec![dead.clone(), cluster.nodes[0].url()]).await;
    write(&store, "{}").await;
    let error = RedisStore::builder().connect_cluster([dead]).await;
    assert_matches!(error, Err(Error::Store(StoreError::Unavailable { .. })));
    let no_nodes = Vec::<String>::new();
    let error = RedisStore::builder().connect_cluster(no_nodes).await;
    assert_matches!(
        error,
        Err(Error::Setting {
            what: "cluster nodes",
            ..
        })
    );
}

/// Has every node name the others in this way. Returns `false` if the servers are older than 7.0:
/// they always name an address.
async fn prefer(cluster: &Cluster, endpoint: &str) -> bool {
    let setting = "cluster-preferred-endpoint-type";
    let mut is_set = true;
    for node in &cluster.nodes {
        let mut redis = node.raw().await;
        let words = ["CONFIG", "SET", setting, endpoint];
        is_set &= try_run::<()>(&mut redis, &words).await.is_ok();
    }
    if !is_set {
        harness::skipped(&format!("this server lacks {setting}"));
    }
    is_set
}

#[tokio::test]
async fn a_node_without_an_address_is_on_the_same_host() {
    let cluster = Cluster::start(2).await;
    let owner = cluster.owner(&key_of_user()).await;
    let other = cluster.nodes[1 - owner].url();
    // `MOVED 3910 :port`, and `MOVED 3910 ?:port` because none has a host name.
    for endpoint in ["unknown-endpoint", "hostname"] {
        if prefer(&cluster, endpoint).await {
            let store = store(vec![other.clone()]).await;
            write(&store, "{}").await;
            assert_eq!(data(&store).await.as_deref(), Some("{}"));
        }
    }
}

#[tokio::test]
async fn announced_node_that_cannot_be_reached_is_named() {
    let cluster = Cluster::start(2).await;
    let owner = cluster.owner(&key_of_user()).await;
    let store = store(vec![cluster.nodes[1 - owner].url()]).await;
    let mut ports: Vec<_> = cluster.nodes.iter().map(Server::port).collect();
    ports[owner] = 1;
    cluster.announce(&ports).await;
    let error = store
        .load(&user(), None, within(Duration::from_millis(400)))
        .await;
    let error = error.unwrap_err();
    assert_matches!(error, StoreError::Unavailable { .. });
    let shown = text(&error);
    assert!(
        shown.contains("cannot connect; server: 127.0.0.1:1"),
        "{shown}"
    );
    assert!(!shown.contains("disagree"), "{shown}");
}

#[tokio::test]
async fn announced_host_name_must_resolve() {
    let cluster = Cluster::start(2).await;
    let owner = cluster.owner(&key_of_user()).await;
    let other = cluster.nodes[1 - owner].url();
    let store = store(vec![other]).await;
    let name = "no-such-host.invalid";
    if prefer(&cluster, "hostname").await {
        let announce = format!("CONFIG SET cluster-announce-hostname {name}");
        let () = run(&mut cluster.nodes[owner].raw().await, &announce).await;
        for node in &cluster.nodes {
            until(&mut node.raw().await, "CLUSTER NODES", name).await;
        }
        let deadline = within(Duration::from_secs(2));
        let error = store.load(&user(), None, deadline).await.unwrap_err();
        assert_matches!(error, StoreError::Unavailable { .. });
        let shown = text(&error);
        assert!(shown.contains("resolve to an address"), "{shown}");
        assert!(shown.contains(name), "{shown}");
    }
}

#[tokio::test]
async fn nodes_that_name_each_other_are_said_to_disagree() {
    let server = Server::start();
    let one = Gateway::before(server.port()).await;
    let other = Gateway::before(server.port()).await;
    let store = store(vec![one.url()]).await;
    for (gateway, named) in [(&one, &other), (&other, &one)] {
        let address = named.url().replace("redis://", "");
        let moved: &'static str = format!("MOVED 3910 {address}").leak();
        gateway.rule(&["MULTI"], Verdict::Refused(moved));
    }
    let deadline = within(Duration::from_millis(400));
    let error = store.load(&user(), None, deadline).await.unwrap_err();
    assert_matches!(error, StoreError::Unavailable { .. });
    assert!(text(&error).contains("disagree"), "{error}");
}

#[tokio::test]
async fn node_named_by_no_usable_address_is_misconfigured() {
    let server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    let store = store(vec![gateway.url()]).await;
    for moved in [
        "MOVED 3910 second:0",
        "MOVED 3910 second",
        "MOVED 3910 2637712/x:7000",
    ] {
        gateway.rule(&["MULTI"], Verdict::Refused(moved));
        let deadline = within(Duration::from_millis(400));
        let error = store.load(&user(), None, deadline).await.unwrap_err();
        assert_matches!(error, StoreError::Misconfigured { .. });
        assert!(text(&error).contains("cluster-announce"), "{error}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn a_store_connects_although_20_nodes_are_gone() {
    let cluster = Cluster::start(2).await;
    let dead = (1..=20).map(|port| format!("redis://127.0.0.1:{port}"));
    let store = store(dead.chain([cluster.nodes[0].url()]).collect()).await;
    write(&store, "{}").await;
}

#[tokio::test]
async fn silent_node_leaves_time_for_the_next_one() {
    let cluster = Cluster::start(2).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nodes = [
        format!("redis://{}", silent.local_addr().unwrap()),
        cluster.nodes[0].url(),
    ];
    let builder = RedisStore::builder()
        .connect_timeout(Duration::from_secs(2))
        .response_timeout(Duration::from_secs(60));
    let store = builder.connect_cluster(nodes).await.unwrap();
    write(&store, "{}").await;
}

#[tokio::test]
async fn a_node_that_refuses_is_asked_again() {
    let cluster = Cluster::start(2).await;
    let owner = cluster.owner(&key_of_user()).await;
    let store = store(vec![cluster.nodes[1 - owner].url()]).await;
    let next = prepare(&store, "{}").await;
    let mut full = cluster.nodes[owner].raw().await;
    let () = run(&mut full, "CONFIG SET maxmemory 1").await;
    let mut other = cluster.nodes[1 - owner].raw().await;
    let () = run(&mut other, "CONFIG RESETSTAT").await;
    for _ in 0..3 {
        let refused = next.send(&store, soon()).await;
        assert_matches!(refused, Err(StoreError::OverCapacity { .. }));
    }
    let errors: String = run(&mut other, "INFO errorstats").await;
    assert!(!errors.contains("MOVED"), "{errors}");
}

#[tokio::test]
async fn a_node_of_a_cluster_is_not_taken_for_a_server() {
    let cluster = Cluster::start(2).await;
    for node in cluster.urls() {
        for braces in [false, true] {
            let builder = RedisStore::builder().braces(braces);
            let error = builder.connect(node.as_str()).await.unwrap_err();
            assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
            assert!(text(&error).contains("connect_cluster"), "{}", text(&error));
            assert_discreet(&error);
        }
    }
}

/// Valkey has several databases on a cluster since 9.0; then the session is kept there.
#[tokio::test]
async fn database_number_on_a_cluster_is_refused_at_once() {
    fn assert_refused(error: &Error) {
        assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
        assert_discreet(error);
    }
    let cluster = Cluster::start(2).await;
    let node = format!("{}/1", cluster.nodes[0].url());
    match RedisStore::builder().connect_cluster([node.as_str()]).await {
        Err(error) => assert_refused(&error),
        Ok(store) => {
            write(&store, "{}").await;
            assert_eq!(data(&store).await.as_deref(), Some("{}"));
        }
    }
    assert_refused(&RedisStore::connect(node).await.unwrap_err());
}
