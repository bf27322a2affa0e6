//! What only the memory store does: it is bounded, counts what it holds, and frees what expires.

mod counting;
mod full_outboxes;
mod full_store;
mod making_room;
mod outboxes;
mod size;
mod sweeper;

use std::time::Duration;

use vimbiso_state::{Error, MemoryStore, StateStore, StoreError};

fn is_full<T: std::fmt::Debug>(result: Result<T, Error>) -> bool {
    match result {
        Ok(_) => false,
        Err(Error::Store(StoreError::OverCapacity { .. })) => true,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn retention_is_as_set_and_the_namespace_is_empty() {
    let hour = Duration::from_secs(3600);
    let store = MemoryStore::builder().retention(hour).build().unwrap();
    assert_eq!(store.retention(), hour);
    assert_eq!(store.namespace(), "");
    assert_eq!(MemoryStore::new().retention(), 24 * hour);
}
