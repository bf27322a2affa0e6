//! The embedded store: everything in this process, with the whole contract.

mod builder;
mod entry;
mod lease;
#[cfg(all(test, shuttle))]
mod schedules;
mod store;
mod sweeper;
mod users;

pub use builder::MemoryStoreBuilder;
pub use store::MemoryStore;
