//! A server that is there and refuses.

use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::{RedisStore, StateStore, StoreError};

use crate::sessions::{Attempt, assert_all_fail, assert_applied, assert_discreet, begin, load, soon, state, user, within, write};
use crate::support::server::Server;

async fn run(redis: &mut MultiplexedConnection, command: &str) {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>());
    let _: redis::Value = command.query_async(redis).await.unwrap();
}

struct Refusing {
    server: Server,
    redis: MultiplexedConnection,
    store: RedisStore,
    kept: Attempt,
    next: Attempt,
}

impl Refusing {
    async fn with(args: &[&str]) -> Self {
        let server = Server::with(args);
        let store = RedisStore::connect(server.url()).await.unwrap();
        let kept = write(&store, r#"{"kept":1}"#).await;
        let next = begin(&store, r#"{"next":1}"#).await;
        Self { redis: server.raw().await, store, kept, next, server }
    }

    /// Writes are refused in this way, reads are answered, and nothing was changed.
    async fn refuses_writes(&self, is: impl Fn(&StoreError) -> bool) {
        let patience = Duration::from_millis(300);
        let fence = vimbiso_state::CommitId::random();
        let refused = [
            self.next.send(&self.store, within(patience)).await.err(),
            self.store.resolve(&user(), &fence, within(patience)).await.err(),
        ];
        for error in refused {
            let error = error.expect("it should have been refused");
            assert!(is(&error), "{error:?}");
            assert_discreet(&error);
        }
        let found = self.store.load(&user(), Some(&self.next.id), soon()).await.unwrap();
        assert_eq!((found.session.version(), found.done), (Some(self.kept.record.version), None));
        assert_eq!(state(&self.store).await.as_deref(), Some(r#"{"kept":1}"#));
    }

    /// When it is over, the same commit applies.
    async fn is_over(&self) {
        assert_applied(&self.next.send(&self.store, soon()).await);
        assert_eq!(load(&self.store).await.session.version(), Some(self.next.record.version));
    }
}

/// Up to 7.0, Redis then lets nobody queue a transaction either, and a load is refused as well.
#[tokio::test]
async fn out_of_memory_is_over_capacity() {
    let mut it = Refusing::with(&["--maxmemory-policy", "noeviction"]).await;
    run(&mut it.redis, "CONFIG SET maxmemory 1").await;
    let before = dump(&mut it.redis).await;
    let refused_load = it.store.load(&user(), None, soon()).await.err();
    let refused =
        [it.next.send(&it.store, soon()).await.unwrap_err(), it.store.resolve(&user(), &it.next.id, soon()).await.unwrap_err()];
    for error in refused.into_iter().chain(refused_load) {
        assert!(matches!(error, StoreError::OverCapacity { .. }), "{error:?}");
        assert_discreet(&error);
    }
    assert_eq!(dump(&mut it.redis).await, before);
    run(&mut it.redis, "CONFIG SET maxmemory 0").await;
    it.is_over().await;
}

/// Every key with its value, as the server would move it.
async fn dump(redis: &mut MultiplexedConnection) -> Vec<(String, Vec<u8>)> {
    let mut dump = Vec::new();
    for key in redis.keys::<_, Vec<String>>("*").await.unwrap() {
        let value = redis::cmd("DUMP").arg(&key).query_async(redis).await.unwrap();
        dump.push((key, value));
    }
    dump.sort();
    dump
}

#[tokio::test]
async fn a_full_server_can_be_connected_to() {
    let mut it = Refusing::with(&[]).await;
    run(&mut it.redis, "CONFIG SET maxmemory 1").await;
    let store = RedisStore::connect(it.server.url()).await.unwrap();
    run(&mut it.redis, "CONFIG SET maxmemory 0").await;
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"kept":1}"#));
}

#[tokio::test]
async fn out_of_memory_a_user_can_still_be_forgotten() {
    let mut it = Refusing::with(&[]).await;
    run(&mut it.redis, "CONFIG SET maxmemory 1").await;
    it.store.forget(&user(), soon()).await.unwrap();
    assert_eq!(it.redis.keys::<_, Vec<String>>("*").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_disk_that_takes_no_snapshot_is_over_capacity() {
    let mut it = Refusing::with(&[]).await;
    let _: () = redis::cmd("CONFIG").arg("SET").arg("save").arg("3600 1").query_async(&mut it.redis).await.unwrap();
    // A folder stands where the snapshot is to go.
    std::fs::create_dir(it.server.folder().join("dump.rdb")).unwrap();
    run(&mut it.redis, "BGSAVE").await;
    let failed = async {
        loop {
            let info: String = redis::cmd("INFO").arg("persistence").query_async(&mut it.redis).await.unwrap();
            if info.contains("rdb_last_bgsave_status:err") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), failed).await.unwrap();
    it.refuses_writes(|error| matches!(error, StoreError::OverCapacity { .. })).await;
    run(&mut it.redis, "CONFIG SET stop-writes-on-bgsave-error no").await;
    it.is_over().await;
}

#[tokio::test]
async fn too_few_replicas_are_over_capacity() {
    let mut it = Refusing::with(&[]).await;
    run(&mut it.redis, "CONFIG SET min-replicas-to-write 1").await;
    it.refuses_writes(|error| matches!(error, StoreError::OverCapacity { .. })).await;
    run(&mut it.redis, "CONFIG SET min-replicas-to-write 0").await;
    it.is_over().await;
}

#[tokio::test]
async fn a_demoted_master_is_unavailable_until_it_is_one_again() {
    let mut it = Refusing::with(&[]).await;
    run(&mut it.redis, "REPLICAOF 127.0.0.1 1").await;
    it.refuses_writes(|error| matches!(error, StoreError::Unavailable { .. })).await;
    let sending = tokio::spawn({
        let (store, next) =
            (it.store.clone(), Attempt { basis: it.next.basis.clone(), record: it.next.record.clone(), id: it.next.id });
        async move { next.send(&store, soon()).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    run(&mut it.redis, "REPLICAOF NO ONE").await;
    assert_applied(&sending.await.unwrap());
}

#[tokio::test]
async fn a_demoted_master_is_not_hammered_with_connections() {
    let mut it = Refusing::with(&[]).await;
    run(&mut it.redis, "REPLICAOF 127.0.0.1 1").await;
    run(&mut it.redis, "CONFIG RESETSTAT").await;
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let (store, id) = (it.store.clone(), vimbiso_state::CommitId::random());
            tokio::spawn(async move { store.resolve(&user(), &id, within(Duration::from_secs(1))).await.is_err() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    let stats: String = redis::cmd("INFO").arg("stats").query_async(&mut it.redis).await.unwrap();
    let made = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
    assert!((1..=12).contains(&made.trim().parse::<u32>().unwrap()), "{made} connections in one second");
}

#[tokio::test]
async fn a_replica_that_lost_its_master_is_unavailable() {
    let mut it = Refusing::with(&["--replica-serve-stale-data", "no"]).await;
    run(&mut it.redis, "REPLICAOF 127.0.0.1 1").await;
    assert_all_fail(&it.store, &it.next, |error| matches!(error, StoreError::Unavailable { .. })).await;
    run(&mut it.redis, "REPLICAOF NO ONE").await;
    it.is_over().await;
}

#[tokio::test]
async fn a_server_busy_with_a_script_is_unavailable() {
    let mut it = Refusing::with(&["--lua-time-limit", "50"]).await;
    let mut other = it.server.raw().await;
    let busy = tokio::spawn(async move {
        let _: Result<(), _> = redis::cmd("EVAL").arg("while true do end").arg(0).query_async(&mut other).await;
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_all_fail(&it.store, &it.next, |error| matches!(error, StoreError::Unavailable { .. })).await;
    run(&mut it.redis, "SCRIPT KILL").await;
    busy.await.unwrap();
    it.is_over().await;
}

#[tokio::test]
async fn a_server_that_loads_its_data_is_unavailable_and_then_works() {
    let mut it = Refusing::with(&["--rdbcompression", "no"]).await;
    for n in 0..100 {
        let _: () = it.redis.set(n, "x".repeat(60_000)).await.unwrap();
    }
    run(&mut it.redis, "SAVE").await;
    let before = load(&it.store).await;
    let mut ask = redis::cmd("CONFIG");
    let known: Vec<String> =
        ask.arg("GET").arg("loading-process-events-interval-bytes").query_async(&mut it.redis).await.unwrap();
    it.server.kill();
    // A server that loads answers now and then; every two megabytes, unless told otherwise.
    let often: &[&str] = if known.is_empty() { &[] } else { &["--loading-process-events-interval-bytes", "1024"] };
    it.server.restart_with(&[&["--key-load-delay", "20000"], often].concat());
    let mut seen = String::new();
    while let Err(error) = it.store.load(&user(), None, within(Duration::from_millis(100))).await {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        seen += &error.to_string();
    }
    if known.is_empty() {
        eprintln!("SKIPPED: this server does not say often enough that it is loading");
    } else {
        assert!(seen.contains("loading"), "{seen}");
    }
    let found = it.store.load(&user(), None, within(Duration::from_secs(30))).await.unwrap();
    assert_eq!(found.basis, before.basis);
}

#[tokio::test]
async fn rights_that_are_taken_away_are_denied() {
    let server = Server::start();
    let mut redis = server.raw().await;
    run(&mut redis, "ACL SETUSER bot on >s3cret ~* +@all").await;
    let store = RedisStore::connect(server.url().replace("redis://", "redis://bot:s3cret@")).await.unwrap();
    write(&store, "{}").await;
    let next = begin(&store, "{}").await;
    for (rights, given) in [("-@all", "+@all"), ("-eval -evalsha -getrange -del", "+@all"), ("resetkeys", "~*")] {
        run(&mut redis, &format!("ACL SETUSER bot {rights}")).await;
        assert_all_fail(&store, &next, |error| matches!(error, StoreError::Denied { .. })).await;
        run(&mut redis, &format!("ACL SETUSER bot {given}")).await;
    }
    run(&mut redis, "ACL SETUSER bot -mset").await;
    let error = next.send(&store, soon()).await.unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    run(&mut redis, "ACL SETUSER bot +@all").await;
    assert_applied(&next.send(&store, soon()).await);
}
