//! Keep what is to be done in the session, do it, and commit a mark. What a dead worker leaves is
//! done with the user's next message, if the session has not expired by then.

use std::sync::Arc;

use proof::payments::shop::{Shop, Undone};
use vimbiso_state::bot::{Conversation as _, Delivered};
use vimbiso_state::{CommitId, Error, Handled, MessageId, Step, Turn, UserId};

use super::{Naive, decide, outcome_id};

pub async fn handle(
    naive: &Naive,
    user: UserId,
    message: MessageId,
    text: String,
) -> Result<Delivered, Error> {
    let id = CommitId::of(&user, &message).to_string();
    let decide = |turn: &mut Turn<Shop>| {
        let decided = decide(turn, &text)?;
        let undone = &mut turn.data_mut().undone;
        if let Some(reply) = decided.reply {
            let id = id.clone();
            undone.push(Undone::Send { id, reply });
        }
        undone.extend(decided.payment.map(Undone::Pay));
        Ok(Step::Commit(()))
    };
    let handled = naive.manager.handle(&user, &message, decide).await?;
    let naive = naive.clone();
    tokio::spawn(async move {
        let queue = Arc::clone(
            naive
                .working
                .lock()
                .unwrap()
                .entry(user.clone())
                .or_default(),
        );
        let _working = queue.lock().await;
        work(&naive, &user).await
    });
    Ok(match handled {
        Handled::Committed { .. } => Delivered::First,
        _ => Delivered::Duplicate,
    })
}

async fn work(naive: &Naive, user: &UserId) -> Result<(), Error> {
    loop {
        let session = naive.manager.load(user).await?;
        let Some(undone) = session.data().undone.first().cloned() else {
            return Ok(());
        };
        let mut next = None;
        match undone.clone() {
            Undone::Send { id, reply } => naive.send(user, id, reply).await,
            Undone::Pay(payment) => {
                let key = payment.question.clone();
                if let Some(outcome) = naive.pay(user, &key, &payment).await {
                    let id = outcome_id(&key);
                    let reply = Shop::told(&payment, &outcome);
                    next = Some(Undone::Send { id, reply });
                }
            }
        }
        let mark = |turn: &mut Turn<Shop>| {
            let all = &mut turn.data_mut().undone;
            if let Some(at) = all.iter().position(|other| *other == undone) {
                all.remove(at);
                all.extend(next.clone());
            }
            Ok(())
        };
        naive.manager.update_state(user, "sent", mark).await?;
    }
}
