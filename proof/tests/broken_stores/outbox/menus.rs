//! Replies that replace others, with a flaw.

use vimbiso_state::store::{NewReply, Outbox, OutboxChanges, OutboxStore, QueuedReply};
use vimbiso_state::{StoreError, UserId};

use super::Flawed;
use super::flaws::OutboxFlaw;
use crate::store::soon;

impl Flawed {
    /// The changes of a commit, of which the reply replaces more or less than it may.
    pub async fn altered_menu<'a>(
        &self,
        user: &UserId,
        before: &Outbox,
        flaw: OutboxFlaw,
        changes: OutboxChanges<'a>,
    ) -> Result<OutboxChanges<'a>, StoreError> {
        if !is_menu(&changes) {
            return Ok(changes);
        }
        let was_tried = before
            .replies
            .first()
            .is_some_and(|reply| reply.attempt > 0);
        let drops: fn(&QueuedReply) -> bool = match flaw {
            OutboxFlaw::ReplacesNothing => return Ok(without_mark(changes)),
            OutboxFlaw::ReplacesTheUntriedAlone if was_tried => return Ok(without_mark(changes)),
            OutboxFlaw::OutcomesAreReplaceable if changes.check().is_err() => {
                return Ok(without_mark(changes));
            }
            OutboxFlaw::ReplacesBeforeItRefuses => {
                return Ok(OutboxChanges {
                    only_if_sent: false,
                    ..changes
                });
            }
            OutboxFlaw::ReplacesEveryReply => |_| true,
            OutboxFlaw::ReplacesWhatMayBeSent => |reply| reply.in_doubt,
            OutboxFlaw::ReplacesWithoutTheWait => |reply| reply.attempt > 0 && !reply.in_doubt,
            OutboxFlaw::ReplacesTheShown => {
                return Ok(OutboxChanges {
                    drop_shown: true,
                    ..changes
                });
            }
            _ => return Ok(changes),
        };
        let others = before.replies.iter().filter(|reply| !drops(reply));
        let others: Vec<_> = others.map(|reply| reply.id).collect();
        let _ = self.store.show(user, &others, soon()).await?;
        Ok(OutboxChanges {
            drop_shown: true,
            ..changes
        })
    }

    /// Removes all replies.
    pub async fn drop_replies(&self, user: &UserId) -> Result<(), StoreError> {
        let _ = self.store.show(user, &[], soon()).await?;
        let changes = OutboxChanges {
            drop_shown: true,
            ..Default::default()
        };
        self.change_outbox(user, changes).await
    }
}

pub fn is_menu(changes: &OutboxChanges<'_>) -> bool {
    changes.reply.is_some_and(|reply| reply.is_replaceable)
}

fn without_mark(changes: OutboxChanges<'_>) -> OutboxChanges<'_> {
    let reply = changes.reply.map(|reply| NewReply {
        is_replaceable: false,
        ..reply
    });
    OutboxChanges { reply, ..changes }
}
