//! What the log says, and what it never says.
//!
//! Every test that logs runs in [`Log::capture`](harness::log::Log::capture), one at a time:
//! whether a line is logged is decided for the process, so another test could switch it off.

mod commit_ids;
#[cfg(feature = "redis")]
mod eviction;
#[cfg(feature = "redis")]
mod lost_commit_ids;
mod lost_commits;
mod nothing_leaks;
mod recovery;
mod store_output;
mod turn_span;
#[cfg(feature = "vault")]
mod vault;

use tokio::runtime::{Builder, Runtime};

/// Texts that must never be seen.
const PHONE: &str = "263779998877";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln";
const SECRET: &str = "canary-data-text";
const MESSAGE: &str = "wamid.canary-message";

fn assert_clean(what: &str, text: &str) {
    assert!(!text.is_empty(), "{what} shows nothing at all");
    // A list of bytes may be on many lines.
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for canary in [PHONE, TOKEN, SECRET, MESSAGE, "canary"] {
        assert!(!text.contains(canary), "{what} holds {canary}:\n{text}");
        let bytes: Vec<_> = canary.bytes().map(|byte| byte.to_string()).collect();
        let is_listed = one_line.contains(&bytes.join(", "));
        assert!(!is_listed, "{what} holds {canary}, as bytes:\n{text}");
    }
}

fn paused_runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}
