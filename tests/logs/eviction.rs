//! What the log says of a Redis that may evict sessions, says little of itself, or is used without
//! a namespace.

use harness::log::Log;
use harness::pretender::pretender;
use harness::server::Server;
use vimbiso_state::RedisStore;

fn logged(info: &'static str) -> String {
    connecting_to(pretender(info))
}

fn connecting_to(url: String) -> String {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    log.capture(|| {
        let builder = RedisStore::builder().namespace("bot:prod");
        let connected = runtime.block_on(builder.connect(url));
        connected.unwrap();
    });
    log.text()
}

#[test]
fn evicting_server_is_warned_about() {
    let fine = logged("redis_version:7.2.4\r\nmaxmemory_policy:noeviction\r\n");
    assert!(!fine.contains("WARN"), "{fine}");
    let evicts = logged("redis_version:7.2.4\r\nmaxmemory_policy:allkeys-lru\r\n");
    assert!(evicts.contains("allkeys-lru"), "{evicts}");
    assert!(!evicts.contains("version"), "{evicts}");
}

#[test]
fn server_that_says_nothing_is_warned_about() {
    let silent = logged("");
    for warning in [
        "does not tell its version",
        "does not tell its maxmemory-policy",
    ] {
        assert!(silent.contains(warning), "{silent}");
    }
}

#[test]
fn store_without_a_namespace_is_warned_about() {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    log.capture(|| {
        let server = pretender("redis_version:7.2.4\r\nmaxmemory_policy:noeviction\r\n");
        runtime.block_on(RedisStore::connect(server)).unwrap();
    });
    let log = log.text();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    for part in ["without a namespace", "staging and production"] {
        assert!(warnings[0].contains(part), "{log}");
    }
}

#[test]
fn server_that_refuses_info_is_warned_about() {
    let server = Server::with(&["--rename-command", "INFO", ""]);
    let refused = connecting_to(server.url());
    for warning in [
        "does not answer INFO",
        "it says: unknown command",
        "does not tell its version",
        "does not tell its maxmemory-policy",
    ] {
        assert!(refused.contains(warning), "{refused}");
    }
}
