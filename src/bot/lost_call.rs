//! A call that a session remembers and the outbox does not.

use super::Bot;
use super::conversation::Conversation;
use super::message::NoLookUp;
use super::plan::Plan;
use super::report::Report;
use crate::id::{CallKey, CommitId, OwnCommit, UserId};
use crate::session::SessionStatus;
use crate::store::{SessionWrite, WakeUp};
use crate::turn::{Step, Turn};

impl<C: Conversation> Bot<C> {
    /// Reports a lost call, and lets the session forget it. Nothing is called: what is to be paid
    /// was in the outbox.
    pub(super) async fn forget_lost_call(&self, user: &UserId, key: CallKey) {
        let lost = user.clone();
        self.inner.report(&Report::LostCall { user: lost, key });
        let decide = |turn: &mut Turn<C>, _: &[_]| {
            let mut plan = Plan::new(self.delivery(), None);
            plan.session = SessionWrite::Nothing;
            plan.wake_up = WakeUp::Keep(None);
            if turn.pending().is_some_and(|call| call.key == key) {
                turn.set_pending(None);
                plan.wake_up = WakeUp::Keep(turn.user().version());
                plan.session = match turn.status() {
                    SessionStatus::Expired { .. } => SessionWrite::Tombstone,
                    _ => SessionWrite::KeepExpiry,
                };
            }
            Ok(Step::Commit(plan))
        };
        let commit_id = CommitId::own(user, OwnCommit::LostCall(key));
        let run = self.inner.manager.run(
            user,
            commit_id,
            decide,
            None::<NoLookUp>,
            Some(Plan::changes),
        );
        if let Err(error) = run.await {
            self.failed(Some(user), "forgetting a lost call", error);
        }
    }
}
