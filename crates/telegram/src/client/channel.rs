//! The client as the channel of a bot.

use async_trait::async_trait;
use vimbiso_state::bot::{Channel, Conversation, Outgoing, Sent};

use super::{ApiError, Client};
use crate::message::{Part, ToMessage};
use crate::place::Place;

#[async_trait]
impl<C> Channel<C> for Client
where
    C: Conversation,
    C::Reply: ToMessage,
{
    async fn send(&self, outgoing: &Outgoing<C>) -> Sent {
        let to = outgoing.to.as_ref().and_then(|to| to.parse().ok());
        let Some(mut place) = to.or_else(|| Place::of(&outgoing.user)) else {
            return rejected("neither the destination nor the user id names a chat");
        };
        let parts = outgoing.reply.to_message().parts();
        if parts.is_empty() {
            return rejected("the reply has neither text nor buttons");
        }
        let progress = &self.inner.progress;
        let first = progress.of(outgoing.id);
        for (at, part) in parts.iter().enumerate().skip(first) {
            if let Err(error) = self.send_part(&mut place, part).await {
                let sent = error.sent();
                if let Sent::Rejected { .. } = sent {
                    progress.remove(outgoing.id);
                }
                return sent;
            }
            if at + 1 < parts.len() {
                progress.set(outgoing.id, at + 1);
            }
        }
        if parts.len() > 1 {
            progress.remove(outgoing.id);
        }
        Sent::Sent
    }
}

impl Client {
    /// Sends a message, after a group that became a supergroup.
    async fn send_part(&self, place: &mut Place, part: &Part) -> Result<(), ApiError> {
        match self.send_message(*place, part).await {
            Err(ApiError::Migrated { to }) => {
                // It was refused, so this is no repeat.
                place.chat = to;
                self.send_message(*place, part).await
            }
            sent => sent,
        }
    }
}

fn rejected(reason: &str) -> Sent {
    Sent::Rejected {
        reason: reason.to_owned(),
    }
}
