//! The values that name things: who writes, which message it is, and which commit it leads to.
//!
//! Also here: which way the last message went, and the token for the API of the host.

mod commit_id;
mod direction;
mod hex;
mod jwt_token;
mod message_id;
mod user_id;

pub use commit_id::{CommitId, InvalidCommitId};
pub use direction::{Direction, InvalidDirection};
pub(crate) use hex::parse_hex;
pub(crate) use jwt_token::holds_jwt;
pub use jwt_token::{InvalidToken, JwtToken};
pub use message_id::{InvalidMessageId, MessageId};
pub use user_id::{InvalidUserId, UserId};
