//! Random calls, some of them stale, repeated or after an expiry: every store answers each of them
//! as a plain model of the contract does. For more of them:
//! `PROPTEST_CASES=10000 cargo test --test stores reference_model`

mod call;
mod comparison;
mod model;
mod outbox;

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Builder;
use vimbiso_state::MemoryStore;

use call::calls;
use comparison::{Clock, compare};

/// So many cases, unless `PROPTEST_CASES` sets another number.
fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config.cases,
        None => cases,
    };
    TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..config
    })
}

/// Compares so many random series of calls, each on a paused clock of its own.
#[track_caller]
fn on_paused_clocks<C: Debug>(
    cases: u32,
    calls: impl Strategy<Value = C>,
    compare: impl AsyncFn(&C),
) {
    let run = runner(cases).run(&calls, |calls| {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(compare(&calls));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}

/// A memory store behind a vault.
#[cfg(feature = "vault")]
fn vault() -> impl vimbiso_state::StateStore {
    use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
    let keys = KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
    Vault::new(MemoryStore::new(), keys)
}

#[cfg(feature = "redis")]
async fn redis(namespace: &str) -> (harness::redis::Redis, vimbiso_state::RedisStore) {
    let server = harness::redis::Redis::any().await;
    let builder = vimbiso_state::RedisStore::builder().namespace(namespace);
    let store = builder.connect(server.url.as_str()).await.unwrap();
    (server, store)
}

#[test]
fn memory_answers_as_the_model_does() {
    on_paused_clocks(1000, calls(), async |calls| {
        compare(&MemoryStore::new(), Clock::Paused, calls, 0).await;
    });
}

#[cfg(feature = "vault")]
#[test]
fn memory_behind_a_vault_answers_as_the_model_does() {
    on_paused_clocks(1000, calls(), async |calls| {
        compare(&vault(), Clock::Paused, calls, 0).await;
    });
}

#[cfg(feature = "redis")]
#[test]
fn redis_answers_as_the_model_does() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (_server, store, redis) = runtime.block_on(async {
        let (server, store) = redis("reference").await;
        let redis = harness::server::raw(&server.url).await;
        (server, store, redis)
    });
    let run = runner(100).run(&calls(), |calls| {
        let clock = Clock::ByHand(redis.clone());
        runtime.block_on(compare(&store, clock, &calls, rand::random()));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}
