//! What the log says of a Redis that may evict sessions, or says little of itself.

use harness::log::Log;
use harness::pretender::pretender;
use vimbiso_state::RedisStore;

fn logged(info: &'static str) -> String {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    log.capture(|| {
        let connected = runtime.block_on(RedisStore::connect(pretender(info)));
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
