//! The same for outboxes. Sessions live long here: what becomes of them is compared without
//! outboxes.

mod answer;
mod call;
mod comparison;
mod conversions;
mod model;

use vimbiso_state::MemoryStore;

use self::call::calls;
use self::comparison::{Long, compare};
use super::on_paused_clocks;

#[test]
fn memory_keeps_outboxes_as_the_model_does() {
    on_paused_clocks(1000, calls(), async |calls| {
        compare(&MemoryStore::new(), Long::Plain, true, calls, 0).await;
    });
}

#[cfg(feature = "vault")]
#[test]
fn vault_keeps_outboxes_as_the_model_does() {
    // Sealing takes its time in a build for tests.
    on_paused_clocks(200, calls(), async |calls| {
        compare(&super::vault(), Long::Sealed, true, calls, 0).await;
    });
}

/// The clock of a server cannot be moved, so no time passes here.
#[cfg(feature = "redis")]
#[test]
fn redis_keeps_outboxes_as_the_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (_server, store) = runtime.block_on(super::redis("reference-outbox"));
    let run = super::runner(100).run(&calls(), |calls| {
        let case = rand::random();
        runtime.block_on(compare(&store, Long::Plain, false, &calls, case));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}
