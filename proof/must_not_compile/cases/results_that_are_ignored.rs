//! What became of a message, and a turn that was begun, are not to be dropped unread.
#![deny(unused_must_use)]
use vimbiso_state::Step;
use vimbiso_state::{Error, Flow, MessageId, StateManager, UserId};

async fn ignored<F: Flow>(
    manager: StateManager<F>,
    user: UserId,
    message: MessageId,
) -> Result<(), Error> {
    manager.handle(&user, &message, |_| Ok(Step::Commit(()))).await?;
    manager.begin(&user).await?;
    Ok(())
}

fn main() {}
