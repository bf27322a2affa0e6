//! Results that say what became of a message, a turn or a commit must be used.
#![deny(unused_must_use)]
use vimbiso_state::{CommitId, Error, Flow, MessageId, StateManager, Step, UserId};

async fn ignored<F: Flow>(
    manager: StateManager<F>,
    user: UserId,
    message: MessageId,
) -> Result<(), Error> {
    manager.handle(&user, &message, |_| Ok(Step::Commit(()))).await?;
    manager.begin(&user, &message).await?;
    manager.resolve(&user, &CommitId::of(&user, &message)).await?;
    Ok(())
}

fn main() {}
