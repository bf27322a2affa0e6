//! The functions that a fuzzer calls with bytes. Each panics if an invariant does not hold.
//!
//! ```text
//! proof/fuzz/run.sh                every target, 60 s each
//! (cd proof/fuzz && cargo test)    without a fuzzer: the seeds, and thousands of random inputs
//! ```

mod conversation;
mod records;
mod redis_replies;
mod tokens;
mod whatsapp;
mod words;

use std::cell::RefCell;

use tokio::runtime::{Builder, Runtime};

pub use conversation::transitions;
pub use records::record;
pub use redis_replies::redis_reply;
pub use tokens::{envelope, token};
pub use whatsapp::{whatsapp_signature, whatsapp_webhook};
pub use words::{message, user_id};

/// A function of a fuzzer's input.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("user_id", user_id),
    ("message", message),
    ("token", token),
    ("envelope", envelope),
    ("record", record),
    ("redis_reply", redis_reply),
    ("transitions", transitions),
    ("whatsapp_webhook", whatsapp_webhook),
    ("whatsapp_signature", whatsapp_signature),
];

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_time().build().unwrap());
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with_borrow(|runtime| runtime.block_on(future))
}

fn soon() -> tokio::time::Instant {
    tokio::time::Instant::now() + std::time::Duration::from_secs(60)
}
