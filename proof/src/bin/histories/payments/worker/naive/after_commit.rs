//! Commit, then pay and reply. A worker that dies in between leaves nothing behind.

use proof::payments::shop::Shop;
use vimbiso_state::bot::{Conversation as _, Delivered};
use vimbiso_state::{CommitId, Error, Handled, MessageId, Step, Turn, UserId};

use super::{Naive, decide, outcome_id};

pub async fn handle(
    naive: &Naive,
    user: UserId,
    message: MessageId,
    text: String,
) -> Result<Delivered, Error> {
    let decide = |turn: &mut Turn<Shop>| decide(turn, &text).map(Step::Commit);
    let handled = naive.manager.handle(&user, &message, decide).await?;
    let Handled::Committed {
        output: decided, ..
    } = handled
    else {
        return Ok(Delivered::Duplicate);
    };
    let id = CommitId::of(&user, &message).to_string();
    let naive = naive.clone();
    tokio::spawn(async move {
        if let Some(reply) = decided.reply {
            naive.send(&user, id.clone(), reply).await;
        }
        if let Some(payment) = decided.payment
            && let Some(outcome) = naive.pay(&user, &id, &payment).await
        {
            let told = Shop::told(&payment, &outcome);
            naive.send(&user, outcome_id(&id), told).await;
        }
    });
    Ok(Delivered::First)
}
