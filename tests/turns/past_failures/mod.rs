//! The 29 ways in which the original bot lost or corrupted its state, one test each. The numbers
//! are their order of discovery. If the type system leaves nothing to run, the test shows what
//! replaces the failure.

#[cfg(feature = "vimbisopay")]
mod input;
mod reads;
mod sharing;
mod writes;

use harness::desk::{Desk, Manager, user};
use vimbiso_state::{CachedUser, Error, MemoryStore, Turn};

fn manager() -> Manager {
    Manager::new(MemoryStore::new())
}

async fn update(
    manager: &Manager,
    change: impl Fn(&mut Turn<Desk>) -> Result<(), Error> + Send,
) -> Result<CachedUser<Desk>, Error> {
    manager.update_state(&user(1), "a handler", change).await
}

async fn rename(manager: &Manager, name: &str) -> CachedUser<Desk> {
    let change = |turn: &mut Turn<Desk>| {
        turn.data_mut().name = Some(name.to_owned());
        Ok(())
    };
    update(manager, change).await.unwrap()
}
