//! What is remembered of a user: the session in the types of a flow, and as a store keeps it.
//!
//! A bot reads [`CachedUser`]; a store keeps [`Record`].

mod cached_user;
mod cached_user_state;
mod codec;
mod corruption;
mod guard;
mod pending_call;
mod record;
mod status;
mod tombstone;
mod users_for_tests;
mod version;

pub use cached_user::CachedUser;
pub use cached_user_state::CachedUserState;
pub use codec::check_state;
pub(crate) use codec::{
    DecodeError, InvalidCall, InvalidReply, decode, decode_data, encode_call, encode_data,
    encode_reply,
};
pub use corruption::Corruption;
pub use guard::{InvalidState, ReadBackError};
pub use pending_call::PendingCall;
pub use record::Record;
pub use status::SessionStatus;
pub use tombstone::Tombstone;
pub use version::{InvalidVersion, Version};
