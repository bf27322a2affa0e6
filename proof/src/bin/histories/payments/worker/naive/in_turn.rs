//! Pay within the turn, then commit. Two messages that confirm one question both pay, and only one
//! of them is committed.

use proof::payments::shop::Shop;
use vimbiso_state::bot::{Conversation as _, Delivered};
use vimbiso_state::manager::Begin;
use vimbiso_state::{Error, Handled, MessageId, UserId};

use super::{Naive, decide, outcome_id};

pub async fn handle(
    naive: &Naive,
    user: UserId,
    message: MessageId,
    text: String,
) -> Result<Delivered, Error> {
    loop {
        let Begin::Turn(mut turn) = naive.manager.begin(&user, &message).await? else {
            return Ok(Delivered::Duplicate);
        };
        let decided = decide(&mut turn, &text)?;
        let id = turn.commit_id().to_string();
        let mut told = None;
        if let Some(payment) = decided.payment {
            let outcome = naive.pay(&user, &id, &payment).await;
            told = outcome.map(|outcome| Shop::told(&payment, &outcome));
        }
        match turn.commit().await {
            Ok(Handled::Committed { .. }) => {}
            Ok(_) => return Ok(Delivered::Duplicate),
            Err(Error::Conflict) => continue,
            Err(error) => return Err(error),
        }
        let naive = naive.clone();
        tokio::spawn(async move {
            if let Some(reply) = decided.reply {
                naive.send(&user, id.clone(), reply).await;
            }
            if let Some(told) = told {
                naive.send(&user, outcome_id(&id), told).await;
            }
        });
        return Ok(Delivered::First);
    }
}
