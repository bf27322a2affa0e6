//! The same for outboxes. Sessions live long here: what becomes of them is compared without
//! outboxes.

mod answer;
mod call;
mod comparison;
mod conversions;
mod model;

use tokio::runtime::Builder;
use vimbiso_state::{MemoryStore, StateStore};

use self::call::calls;
use self::comparison::{Long, compare};
use super::runner;

#[track_caller]
fn on_memory(cases: u32, long: Long, store: impl Fn() -> Box<dyn StateStore>) {
    let run = runner(cases).run(&calls(), |calls| {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(compare(&*store(), long, true, &calls, 0));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}

#[test]
fn memory_keeps_outboxes_as_the_model_does() {
    on_memory(1000, Long::Plain, || Box::new(MemoryStore::new()));
}

#[cfg(feature = "vault")]
#[test]
fn vault_keeps_outboxes_as_the_model_does() {
    use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
    // Sealing takes its time in a build for tests.
    on_memory(200, Long::Sealed, || {
        let keys = KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
        Box::new(Vault::new(MemoryStore::new(), keys))
    });
}

/// The clock of a server cannot be moved, so no time passes here.
#[cfg(feature = "redis")]
#[test]
fn redis_keeps_outboxes_as_the_model_does() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (_server, store) = runtime.block_on(async {
        let server = harness::redis::Redis::any().await;
        let store = vimbiso_state::RedisStore::builder()
            .namespace("reference-outbox")
            .connect(server.url.as_str())
            .await
            .unwrap();
        (server, store)
    });
    let run = runner(100).run(&calls(), |calls| {
        let case = rand::random();
        runtime.block_on(compare(&store, Long::Plain, false, &calls, case));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}
