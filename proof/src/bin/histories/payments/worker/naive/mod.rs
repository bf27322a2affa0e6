//! Three designs without an outbox, which lose or double payments and replies.

mod after_commit;
mod in_turn;
mod sent_mark;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proof::payments::shop::{Payment, Reply, Shop};
use vimbiso_state::bot::{Conversation, Delivered, Next, Outcome, Sent};
use vimbiso_state::{Error, MessageId, StateManager, Turn, UserId};

use super::clients::{Bank, Sender};
use super::design::Design;
use crate::payments::services::bank;

/// How often it tries to pay or to send, each time after a short wait.
const TRIES: usize = 20;
const APART: Duration = Duration::from_millis(200);

#[derive(Clone)]
pub struct Naive {
    pub design: Design,
    pub manager: StateManager<Shop>,
    pub bank: Bank,
    pub sender: Sender,
    /// For each user, held while a task of this process does what is undone.
    pub working: Arc<Mutex<HashMap<UserId, Arc<tokio::sync::Mutex<()>>>>>,
}

/// What a message leads to.
struct Decided {
    reply: Option<Reply>,
    payment: Option<Payment>,
}

impl Naive {
    pub async fn handle(
        &self,
        user: UserId,
        message: MessageId,
        text: String,
    ) -> Result<Delivered, Error> {
        match self.design {
            Design::AfterCommit => after_commit::handle(self, user, message, text).await,
            Design::InTurn => in_turn::handle(self, user, message, text).await,
            Design::SentMark | Design::Outbox => sent_mark::handle(self, user, message, text).await,
        }
    }

    /// Pays until the answer is certain. `None` if it never is.
    async fn pay(&self, user: &UserId, key: &str, payment: &Payment) -> Option<Outcome<String>> {
        for _ in 0..TRIES {
            match self.bank.pay(user, key.to_owned(), payment).await {
                Ok(bank::Answer::Paid(receipt)) => return Some(Outcome::Done(receipt)),
                Ok(bank::Answer::Refused) => return Some(Outcome::Refused(String::new())),
                _ => tokio::time::sleep(APART).await,
            }
        }
        None
    }

    /// Sends until the channel has accepted or rejected it.
    async fn send(&self, user: &UserId, id: String, reply: Reply) {
        let mut sending = self.sender.sending(user, id, reply);
        for _ in 0..TRIES {
            match self.sender.show(sending.clone()).await {
                Sent::Sent | Sent::Rejected { .. } => return,
                Sent::Ambiguous => sending.may_repeat = true,
                Sent::Failed { .. } => {}
            }
            tokio::time::sleep(APART).await;
        }
    }
}

fn decide(turn: &mut Turn<Shop>, text: &String) -> Result<Decided, Error> {
    let (reply, payment) = match Shop::decide(turn, text, &[])? {
        Next::Reply(reply) | Next::Aside(reply) => (Some(reply), None),
        Next::Call(payment) => (None, Some(payment)),
        Next::ReplyAndCall(reply, payment) => (Some(reply), Some(payment)),
        Next::Ask(query) => match query {},
    };
    if payment.is_some() {
        turn.close_question();
    }
    Ok(Decided { reply, payment })
}

/// The id of the reply that tells of a payment.
fn outcome_id(key: &str) -> String {
    format!("outcome-{key}")
}
