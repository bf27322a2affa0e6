//! Commands of a test's own to a server.

use redis::FromRedisValue;
use redis::aio::MultiplexedConnection;

/// Runs a command, written in words with spaces between them.
pub async fn run<T: FromRedisValue>(redis: &mut MultiplexedConnection, command: &str) -> T {
    run_words(redis, &command.split(' ').collect::<Vec<_>>()).await
}

/// Like [`run`], for words that are empty or have spaces in them.
pub async fn run_words<T: FromRedisValue>(
    redis: &mut MultiplexedConnection,
    words: &[impl AsRef<str>],
) -> T {
    try_run(redis, words)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", words[0].as_ref()))
}

/// Like [`run_words`], but returns an error of the server.
pub async fn try_run<T: FromRedisValue>(
    redis: &mut MultiplexedConnection,
    words: &[impl AsRef<str>],
) -> redis::RedisResult<T> {
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(word.as_ref());
    }
    command.query_async(redis).await
}

/// How often the server has executed this command.
pub async fn executions(redis: &mut MultiplexedConnection, command: &str) -> u64 {
    let info: String = run(redis, "INFO commandstats").await;
    let stats = format!("cmdstat_{command}:calls=");
    info.lines()
        .find_map(|line| line.strip_prefix(&stats)?.split(',').next())
        .map_or(0, |calls| calls.parse().unwrap())
}

/// A number among the server's statistics, by the name that `INFO` has for it.
pub async fn statistic(redis: &mut MultiplexedConnection, name: &str) -> u64 {
    let info: String = run(redis, "INFO stats").await;
    info.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .unwrap_or_else(|| panic!("INFO has no {name}"))
        .trim()
        .parse()
        .unwrap()
}

/// Closes the connections of all other clients.
pub async fn disconnect_others(redis: &mut MultiplexedConnection) {
    let _: u64 = run(redis, "CLIENT KILL TYPE normal SKIPME yes").await;
}
