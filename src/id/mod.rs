//! The values that name things: who writes, in which conversation, which message it is, and which
//! commit and call it leads to.
//!
//! Also here: which way the last message went, and the token for the API of the host.

mod call_key;
mod claims;
mod commit_id;
mod conversation_key;
mod direction;
mod encode;
mod escape;
mod hex;
mod jwt_token;
mod keyed;
mod message_id;
mod mobile;
mod mobile_number;
mod sent_at;
mod user_id;

pub(crate) use call_key::CallReason;
pub use call_key::{CallKey, InvalidCallKey};
pub(crate) use claims::Claims;
pub(crate) use commit_id::OwnCommit;
pub use commit_id::{CommitId, InvalidCommitId};
pub use conversation_key::ConversationKey;
pub use direction::{Direction, InvalidDirection};
pub(crate) use hex::{is_hex, parse_hex};
pub(crate) use jwt_token::holds_jwt;
pub use jwt_token::{InvalidToken, JwtToken};
pub(crate) use keyed::keyed;
pub use message_id::{InvalidMessageId, MessageId};
pub use mobile_number::InvalidMobile;
pub use sent_at::InvalidSentAt;
pub(crate) use sent_at::age;
pub use user_id::{InvalidUserId, UserId};
