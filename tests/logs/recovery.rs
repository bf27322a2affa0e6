//! What a recovery leaves in the log.

use harness::desk::{Manager, apply, message, user};
use harness::records::{holding, record};

#[test]
fn recovery_logs_its_reason_and_none_of_the_session() {
    let log = harness::log::Log::default();
    log.capture(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let manager = Manager::new(
                holding(record("canary-stage", None, 1, r#"{"name":"canary-name"}"#)).await,
            );
            let _ = manager
                .handle(&user(1), &message("a"), apply("a"))
                .await
                .unwrap();
            let manager = Manager::new(
                holding(record("weigh", None, 1, r#"{"name":["canary-name"]}"#)).await,
            );
            let _ = manager
                .handle(&user(1), &message("a"), apply("a"))
                .await
                .unwrap();
        });
    });
    let log = log.text();
    for said in [
        "Recovering session",
        "the stage is unknown",
        "the state cannot be read",
        "UserId(263…01)",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(!log.contains("canary"), "{log}");
}
