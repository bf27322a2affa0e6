//! What the log says if a server has evicted the commit ids of a user.

use harness::desk::{Manager, deliver, user};
use harness::log::Log;
use harness::server::Server;
use redis::AsyncCommands;
use vimbiso_state::RedisStore;

const SESSION: [&str; 4] = ["", "_stage", "_option", "_direction"];
const HASHES: [&str; 2] = ["_done_0", "_done_1"];

/// The warnings of two messages, by this process or a new one, after these keys are gone.
fn warnings(evicted: &[&str], by_a_new_process: bool) -> [Vec<String>; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = Server::start();
    let builder = RedisStore::builder().namespace("bot");
    let store = runtime.block_on(builder.connect(server.url())).unwrap();
    let mut manager = Manager::new(store.clone());
    runtime.block_on(async {
        let _ = deliver(&manager, &user(1), "a").await;
        let mut redis = server.raw().await;
        for suffix in evicted {
            let key = format!("bot:{}{suffix}", user(1).expose());
            let () = redis.del(key).await.unwrap();
        }
    });
    if by_a_new_process {
        manager = Manager::new(store);
    }
    ["b", "c"].map(|id| {
        let log = Log::default();
        log.capture(|| drop(runtime.block_on(deliver(&manager, &user(1), id))));
        let text = log.text();
        assert!(!text.contains(user(1).expose()), "{text}");
        let warnings = text.lines().filter(|line| line.contains("WARN"));
        warnings.map(str::to_owned).collect()
    })
}

#[test]
fn lost_commit_ids_are_reported_once() {
    let all = [&SESSION[..], &HASHES].concat();
    for by_a_new_process in [true, false] {
        for evicted in [&HASHES[..], &all] {
            let [first, second] = warnings(evicted, by_a_new_process);
            let [warning] = &first[..] else {
                panic!("{evicted:?}: {first:?}")
            };
            assert!(warning.contains("commit ids of"), "{warning}");
            assert!(warning.contains("UserId(263…01)"), "{warning}");
            assert!(second.is_empty(), "{second:?}");
        }
    }
}

#[test]
fn nothing_is_reported_if_nothing_is_lost() {
    let [first, second] = warnings(&SESSION, true);
    assert!(
        first.is_empty() && second.is_empty(),
        "{first:?} {second:?}"
    );
}
