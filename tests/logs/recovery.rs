//! What a recovery leaves in the log.

use harness::desk::{Manager, deliver, user};
use harness::log::Log;
use harness::records::{holding, record};

use crate::paused_runtime;

#[test]
fn recovery_logs_its_reason_and_none_of_the_session() {
    let log = Log::default();
    log.capture(|| {
        paused_runtime().block_on(async {
            for record in [
                record("canary-stage", None, 1, r#"{"name":"canary-name"}"#),
                record("weigh", None, 1, r#"{"name":["canary-name"]}"#),
            ] {
                let manager = Manager::new(holding(record).await);
                let _ = deliver(&manager, &user(1), "a").await;
            }
        });
    });
    let log = log.text();
    for part in [
        "Recovering session",
        "the stage is unknown",
        "the data cannot be read",
        "UserId(263…01)",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains("canary"), "{log}");
}
