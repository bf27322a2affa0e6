//! Tokens on a real Redis: one refresh for two processes, a killed holder of the lease, and a dump
//! that shows no secret.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::desk::{Desk, Manager, message, user};
use harness::redis::Redis;
use harness::tokens::{self, Api, Mood};
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::{JwtToken, RedisStore, StateManager, StateStore, Step};

/// Two connections to the sessions of one namespace.
async fn processes(redis: &Redis) -> (String, Vec<RedisStore>) {
    let namespace = format!("tokens-{:016x}", rand::random::<u64>());
    let mut stores = Vec::new();
    for _ in 0..2 {
        stores.push(connect(&redis.url, &namespace).await);
    }
    (namespace, stores)
}

async fn connect(url: &str, namespace: &str) -> RedisStore {
    RedisStore::builder()
        .namespace(namespace)
        .connect(url)
        .await
        .unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap())
}

fn plain(stores: Vec<RedisStore>) -> Vec<Arc<dyn StateStore>> {
    stores
        .into_iter()
        .map(|store| Arc::new(store) as Arc<dyn StateStore>)
        .collect()
}

fn sealed(stores: Vec<RedisStore>) -> Vec<Arc<dyn StateStore>> {
    stores
        .into_iter()
        .map(|store| Arc::new(Vault::new(store, ring())) as Arc<dyn StateStore>)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_callers_on_two_connections_refresh_once() {
    let redis = Redis::any().await;
    let stores = plain(processes(&redis).await.1);
    tokens::thousand_callers_in_each_process_refresh_once(stores, user(1)).await;
    let stores = sealed(processes(&redis).await.1);
    tokens::thousand_callers_in_each_process_refresh_once(stores, user(1)).await;
}

#[tokio::test]
async fn thousand_callers_in_two_processes_refresh_once() {
    let redis = Redis::any().await;
    let (namespace, stores) = processes(&redis).await;
    tokens::put(&stores[0], &user(1), &tokens::expiring(-60, 0)).await;
    let children = [(); 2].map(|()| child("a_thousand_callers", &redis.url, &namespace));
    let mut said = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        said.extend(
            text.lines()
                .filter_map(|line| line.split_once("said: "))
                .map(|(_, said)| said.to_owned()),
        );
    }
    let [one, two] = said.try_into().unwrap();
    let one = one.split_once(' ').unwrap();
    let two = two.split_once(' ').unwrap();
    assert_eq!(one.1, two.1, "all 2,000 calls were made with one token");
    assert_eq!(
        one.0.parse::<u64>().unwrap() + two.0.parse::<u64>().unwrap(),
        1,
        "one refresh"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of another test, which starts two of it"]
async fn a_thousand_callers() {
    let [url, namespace] =
        ["VIMBISO_CHILD_URL", "VIMBISO_CHILD_NAMESPACE"].map(|name| std::env::var(name).unwrap());
    let store = connect(&url, &namespace).await;
    let manager = StateManager::<Desk>::builder(store)
        .deadline(Duration::from_secs(30))
        .build()
        .unwrap();
    let api = Api::slow(Duration::from_millis(500));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let manager = manager.clone();
        let api = api.clone();
        callers.spawn(async move {
            let call = |token: JwtToken| async move { Ok(token.expose().to_owned()) };
            manager.with_token(&user(1), &api, call).await.unwrap()
        });
    }
    let used: BTreeSet<String> = callers.join_all().await.into_iter().collect();
    println!("said: {} {}", api.issued(), Vec::from_iter(used).join(","));
}

/// A process of its own that runs one of the tests here.
fn child(test: &str, url: &str, namespace: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            &format!("on_redis::{test}"),
            "--ignored",
            "--nocapture",
        ])
        .envs([
            ("VIMBISO_CHILD_URL", url),
            ("VIMBISO_CHILD_NAMESPACE", namespace),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lease_of_a_dead_process_is_taken_over() {
    let redis = Redis::any().await;
    tokens::lease_of_a_dead_process_is_taken_over(plain(processes(&redis).await.1), user(1)).await;
}

#[tokio::test]
async fn lease_of_a_killed_process_is_taken_over() {
    let redis = Redis::any().await;
    let (namespace, stores) = processes(&redis).await;
    let mut child = child("asks_and_hangs", &redis.url, &namespace);
    let said = std::io::BufReader::new(child.stdout.take().unwrap())
        .lines()
        .any(|line| line.unwrap().contains("asking"));
    assert!(said, "the child holds the lease");
    child.kill().unwrap();
    child.wait().unwrap();
    let began = Instant::now();
    let api = Api::new();
    let manager = Manager::new(stores.into_iter().next().unwrap());
    manager
        .with_token(&user(1), &api, |token| api.ask(token))
        .await
        .unwrap();
    assert_eq!(api.issued(), 1);
    let waited = began.elapsed();
    assert!(
        waited > Duration::from_secs(3) && waited < Duration::from_secs(8),
        "its lease is 7 s: {waited:?}"
    );
}

#[tokio::test]
#[ignore = "the process that another test kills"]
async fn asks_and_hangs() {
    let [url, namespace] =
        ["VIMBISO_CHILD_URL", "VIMBISO_CHILD_NAMESPACE"].map(|name| std::env::var(name).unwrap());
    let manager = Manager::new(connect(&url, &namespace).await);
    let api = Api::new();
    api.feel(Mood::Hangs);
    let id = user(1);
    let asked = manager.with_token(&id, &api, |token| api.ask(token));
    tokio::pin!(asked);
    while api.issued() == 0 {
        let _ = tokio::time::timeout(Duration::from_millis(5), &mut asked).await;
    }
    println!("asking");
    let _ = asked.await;
}

#[tokio::test]
async fn dump_shows_neither_token_nor_reply() {
    let redis = Redis::any().await;
    let (namespace, stores) = processes(&redis).await;
    let manager = Manager::new(Vault::new(stores[0].clone(), ring()));
    let api = Api::new();
    let token = manager
        .with_token(&user(1), &api, |token| api.ask(token))
        .await
        .unwrap();
    let _ = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.remember_reply("canary-reply")?;
            Ok(Step::Commit(()))
        })
        .await
        .unwrap();

    let mut connection = ::redis::Client::open(redis.url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let keys: Vec<String> = ::redis::cmd("KEYS")
        .arg(format!("{namespace}:*"))
        .query_async(&mut connection)
        .await
        .unwrap();
    let mut dump = String::new();
    let mut sealed = 0;
    for key in keys {
        let kind: String = ::redis::cmd("TYPE")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        let read = if kind == "hash" { "HGETALL" } else { "GET" };
        let value: ::redis::Value = ::redis::cmd(read)
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        let bytes = match value {
            ::redis::Value::BulkString(bytes) => bytes,
            many => ::redis::from_redis_value::<Vec<Vec<u8>>>(many)
                .unwrap()
                .concat(),
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        sealed += text.matches("vault1 k1 ").count();
        dump += &text;
    }
    assert_eq!(sealed, 2, "the token and the reply: {dump}");
    for secret in [token.as_str(), "canary-reply", "eyJ"] {
        assert!(!dump.contains(secret), "{dump}");
    }
}
