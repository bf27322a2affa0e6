//! All that a server holds, to be compared byte for byte.

use std::collections::BTreeMap;

use harness::command::{run, run_words, try_run};
use redis::Value;
use redis::aio::MultiplexedConnection;

/// Each key with its type, its value and the instant of its expiry (-1 if it has none).
pub type Contents = BTreeMap<String, (String, Value, i64)>;

pub async fn contents(redis: &mut MultiplexedConnection) -> Contents {
    let keys: Vec<String> = run(redis, "KEYS *").await;
    let mut contents = Contents::new();
    for key in keys {
        let kind: String = run_words(redis, &["TYPE", &key]).await;
        let read: &[&str] = match kind.as_str() {
            "hash" => &["HGETALL", &key],
            "list" => &["LRANGE", &key, "0", "-1"],
            "zset" => &["ZRANGE", &key, "0", "-1", "WITHSCORES"],
            _ => &["GET", &key],
        };
        let value = run_words(redis, read).await;
        let expires = match try_run(redis, &["PEXPIRETIME", &key]).await {
            Ok(expires) => expires,
            // Before 7.0 there is no such command: whether it expires at all.
            Err(_) => run_words::<i64>(redis, &["PTTL", &key]).await.signum(),
        };
        contents.insert(key, (kind, value, expires));
    }
    contents
}
