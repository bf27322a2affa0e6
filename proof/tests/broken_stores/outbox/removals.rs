//! Removals, with a flaw.

use tokio::task::yield_now;
use vimbiso_state::store::{
    Delivery, ExpectedToken, NewCall, NewReply, Outbox, OutboxChanges, OutboxStore, QueuedReply,
    Removal, Session, TokenPut, TokenStore,
};
use vimbiso_state::{StateStore, StoreError, UserId};

use super::Flawed;
use super::flaws::OutboxFlaw;
use crate::store::{LONG, soon};

impl Flawed {
    pub async fn flawed_remove(&self, user: &UserId, removal: Removal) -> Result<bool, StoreError> {
        let before = self.stored(user).await?;
        let loaded = self.store.load(user, None, soon()).await?;
        let token = self.store.load_token(user, soon()).await?;
        let pending = before.call.as_ref().map(|call| call.key);
        let removal = match (self.outbox_flaw(), removal) {
            (Some(OutboxFlaw::RemovesWithAnyCall), Removal::User(_)) => Removal::User(pending),
            (Some(OutboxFlaw::LooksThenRemoves), Removal::User(expected)) => {
                yield_now().await;
                let now = self.stored(user).await?.call.map(|call| call.key);
                Removal::User(if expected == pending { now } else { expected })
            }
            (_, removal) => removal,
        };
        if removal == Removal::Login && self.outbox_flaw() == Some(OutboxFlaw::LoginDropsTheCall) {
            self.store.delete(user, soon()).await?;
            self.queue_again(user, &before, |reply| reply.is_outcome)
                .await?;
            return Ok(true);
        }
        let removed = self.store.remove(user, removal, soon()).await?;
        if removal != Removal::Login {
            return Ok(removed);
        }
        match self.outbox_flaw() {
            Some(OutboxFlaw::LoginKeepsReplies) => {
                self.queue_again(user, &before, |reply| !reply.is_outcome)
                    .await?;
            }
            Some(OutboxFlaw::LoginKeepsShownOutcomes) => {
                let kept = self.stored(user).await?;
                let is_kept = |id| kept.replies.iter().any(|reply| reply.id == id);
                self.queue_again(user, &before, |reply| {
                    reply.is_outcome && !is_kept(reply.id)
                })
                .await?;
            }
            Some(OutboxFlaw::LoginDropsOutcomes) => {
                self.drop_replies(user).await?;
            }
            Some(OutboxFlaw::LoginReleasesTheCall) => {
                if let Some(call) = self.stored(user).await?.call {
                    let changes = OutboxChanges {
                        concludes: Some(call.key),
                        call: Some(NewCall {
                            key: call.key,
                            body: &call.body,
                        }),
                        ..Default::default()
                    };
                    self.change_outbox(user, changes).await?;
                }
            }
            Some(OutboxFlaw::LoginKeepsTheSession) => {
                if let Session::Live(record) = &loaded.session {
                    let never = self.store.load(user, None, soon()).await?.precondition;
                    self.revive(user, record, &never).await?;
                }
            }
            Some(OutboxFlaw::LoginKeepsToken) => {
                let put = TokenPut {
                    token: token.as_ref(),
                    expected: ExpectedToken::Any,
                    ttl: LONG,
                    deadline: soon(),
                };
                let _ = self.store.put_token(user, put).await?;
            }
            _ => {}
        }
        Ok(removed)
    }

    /// Adds replies again that were there before.
    async fn queue_again(
        &self,
        user: &UserId,
        before: &Outbox,
        which: impl Fn(&QueuedReply) -> bool,
    ) -> Result<(), StoreError> {
        for reply in before.replies.iter().filter(|reply| which(reply)) {
            let changes = OutboxChanges {
                reply: Some(NewReply {
                    body: &reply.body,
                    to: reply.to.as_deref(),
                    is_outcome: reply.is_outcome,
                    is_replaceable: false,
                    delivery: Delivery::Pull,
                }),
                ..Default::default()
            };
            self.change_outbox(user, changes).await?;
        }
        Ok(())
    }
}
