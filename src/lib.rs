//! stub
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod direction;
mod error;
pub mod flow;
mod handled;
mod manager;
mod message_id;
mod opening;
mod queue;
mod record;
mod shards;
mod state;
pub mod store;
mod token;
mod turn;
mod update;
mod user;
mod user_id;
#[cfg(feature = "vimbisopay")]
pub mod vimbisopay;

pub use direction::{Direction, InvalidDirection};
pub use error::{BoxError, Error};
pub use flow::{Choice, Flow, Member, MenuOptions, NotOnMenu, Refused, Row, Stage, mermaid, row};
pub use handled::{Handled, Reply};
pub use manager::{Begun, StateManager, StateManagerBuilder};
pub use message_id::{CommitId, InvalidCommitId, InvalidMessageId, MessageId};
pub use opening::Opening;
pub use record::{Damage, InvalidState, InvalidVersion, Record, Trace, Version};
pub use state::CachedUserState;
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{MemoryStore, StateStore, StoreError};
pub use token::{InvalidToken, JwtToken};
pub use turn::Turn;
pub use update::{Change, StateUpdate};
pub use user::CachedUser;
pub use user_id::{InvalidUserId, UserId};
