//! The embedded store: everything in this process, with the whole contract.

mod agenda;
mod builder;
mod entry;
mod lease;
mod outbox;
mod outbox_store;
#[cfg(all(test, shuttle))]
mod schedules;
mod store;
mod sweeper;
mod users;

pub use builder::MemoryStoreBuilder;
pub use store::MemoryStore;
