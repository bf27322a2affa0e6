//! How a hash without a secret is shown in the log.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

/// 48 bits that tell values apart in this process, and from which the value cannot be found:
/// SipHash with a random key, which never leaves this process.
pub(crate) fn keyed(value: impl Hash) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(value) >> 16
}
