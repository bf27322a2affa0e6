//! Bytes: the keys of a user, the version line, the layouts with their scripts, and the replies.
//!
//! Nothing here knows how a server is reached.

mod five_keys;
#[cfg(test)]
pub(super) mod fixture;
mod key_layout;
mod keys;
mod layout;
mod one_key;
pub(super) mod outbox;
mod reads;
mod reply;
mod script;
mod version_line;

pub use key_layout::KeyLayout;
pub(super) use keys::{Key, KeyNaming, Keys, is_namespace};
pub(super) use layout::Layout;
pub(super) use reads::{read, read_record};
pub(super) use reply::{FENCE, ReplyError, commit_status, hash_with_record, token};
pub(super) use script::{
    ACQUIRE_LEASE, OUTBOX_PROBE, PROBE, PUT_TOKEN, RELEASE_LEASE, RESOLVE, ScriptCall, milliseconds,
};
pub(super) use version_line::{Expected, NewLine};
