//! What a fuzzer feeds with bytes. Each function panics where something that must hold does not.
//!
//! ```text
//! proof/fuzz/run.sh                every target, 60 s each
//! (cd proof/fuzz && cargo test)    the seeds and some thousands of random inputs, no fuzzer
//! ```

mod conversation;
mod records;
mod tokens;
mod words;

use std::cell::RefCell;

use tokio::runtime::{Builder, Runtime};

pub use conversation::transitions;
pub use records::{record, redis_reply};
pub use tokens::{envelope, token};
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
