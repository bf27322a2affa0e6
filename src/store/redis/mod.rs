//! The Redis store: sessions that any number of processes share.
//!
//! Two towers that do not know each other, `wire` (bytes) and `net` (sockets), and the calls on top
//! of both.

mod builder;
mod commit;
mod connect;
mod due;
mod hints;
mod index;
mod index_check;
mod index_repair;
mod net;
mod outbox_rights;
mod outbox_store;
mod server_address;
mod startup_check;
mod state_store;
mod store;
mod token_store;
mod wire;

pub use builder::RedisStoreBuilder;
pub use server_address::ServerAddress;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use state_store::read_reply;
pub use store::RedisStore;
pub use wire::KeyLayout;
