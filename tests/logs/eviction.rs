//! What the log says of a Redis that may evict sessions, or says little of itself.

use harness::log::Log;
use harness::pretender::pretender;
use vimbiso_state::RedisStore;

#[test]
fn evicting_server_is_warned_about() {
    let warned = |info| {
        let (log, runtime) = (
            Log::default(),
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        );
        log.capture(|| {
            runtime
                .block_on(RedisStore::connect(pretender(info)))
                .unwrap();
        });
        log.text()
    };
    let fine = warned("redis_version:7.2.4\r\nmaxmemory_policy:noeviction\r\n");
    assert!(!fine.contains("WARN"), "{fine}");
    let evicts = warned("redis_version:7.2.4\r\nmaxmemory_policy:allkeys-lru\r\n");
    assert!(
        evicts.contains("allkeys-lru") && !evicts.contains("version"),
        "{evicts}"
    );
    let silent = warned("");
    assert!(
        silent.contains("does not say its version")
            && silent.contains("does not say its maxmemory-policy"),
        "{silent}"
    );
}
