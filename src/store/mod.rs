//! Stores: the contracts, and the stores that come with the crate.

mod commit;
mod commit_status;
#[cfg(feature = "testing")]
pub mod conformance;
mod debug;
mod memory;
mod outbox;
#[cfg(feature = "redis")]
mod redis;
mod session;
mod settings;
mod state_store;
mod token_store;

pub use commit::{CommitOutcome, CommitRequest};
pub use commit_status::CommitStatus;
pub use memory::{MemoryStore, MemoryStoreBuilder};
pub use outbox::{
    Delivery, Due, EntryId, Lane, LaneState, LeaseRequest, NewCall, NewReply, Outbox,
    OutboxChanges, OutboxCommit, OutboxRefusal, OutboxStore, QueuedReply, Reminder, Removal, Retry,
    SessionWrite, Settled, Settlement, StoredCall, Take, Taken, WakeUp, Work,
};
#[cfg(all(fuzzing, feature = "redis"))]
#[doc(hidden)]
pub use redis::read_reply;
#[cfg(feature = "redis")]
pub use redis::{KeyLayout, RedisStore, RedisStoreBuilder, ServerAddress};
pub use session::{Loaded, Precondition, Session};
pub(crate) use settings::{DEFAULT_RETENTION, check_retention};
pub use state_store::StateStore;
pub use token_store::{
    ExpectedToken, Lease, LeaseHolder, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

pub use crate::error::StoreError;
