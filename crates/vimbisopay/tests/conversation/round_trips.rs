//! Which calls of the store a message costs.

use std::sync::Arc;

use harness::hooked::Call;
use harness::hooks::CallLog;
use vimbiso_state::MemoryStore;

use crate::harness::Talk;

/// The commit of a message, and the replies that are returned.
const WARM: [Call; 2] = [Call::CommitWith, Call::ShowOutbox];

fn logged() -> (CallLog, Talk) {
    let store = CallLog::new(MemoryStore::new());
    (store.hook.clone(), Talk::on(Arc::new(store)))
}

#[tokio::test]
async fn queries_of_a_warm_message_cost_one_commit() {
    let (log, mut talk) = logged();
    talk.say("what?").await;
    let first = log.take();
    assert_eq!(first, [Call::Load, Call::CommitWith, Call::ShowOutbox]);
    // The dashboard; the dashboard and an account; the offers, twice.
    for text in ["hi", "10=>grace", "hi", "2", "1", "hi", "4", "next"] {
        talk.say(text).await;
        assert_eq!(log.take(), WARM, "{text}");
    }
}

#[tokio::test]
async fn a_failed_query_costs_one_load_more() {
    let (log, mut talk) = logged();
    talk.say("hi").await;
    log.take();
    talk.world().reads = 0;
    talk.world().reads_fail = true;
    // The session is not written, and a cached one may be stale, so it is decided again on a loaded
    // one. The query is not made again.
    assert!(talk.say("hi").await.contains("try again"));
    assert_eq!(log.take(), [Call::Load, Call::CommitWith, Call::ShowOutbox]);
    assert_eq!(talk.world().reads, 1);
}

#[tokio::test]
async fn a_call_costs_two_commits_and_no_load() {
    let (log, mut talk) = logged();
    talk.say("hi").await;
    talk.say("10=>grace").await;
    log.take();
    assert!(talk.say("yes").await.starts_with("✅"));
    let calls = [Call::CommitWith, Call::CommitWith, Call::ShowOutbox];
    assert_eq!(log.take(), calls);
}
