//! Only a turn with a look-up can ask for a fact.
use vimbiso_state::{Error, Flow, MessageId, StateManager, Step, UserId};

async fn asks<F: Flow>(
    manager: StateManager<F>,
    user: UserId,
    message: MessageId,
) -> Result<(), Error> {
    let _: vimbiso_state::Handled<F, ()> =
        manager.handle(&user, &message, |_| Ok(Step::Ask("balance"))).await?;
    Ok(())
}

fn main() {}
