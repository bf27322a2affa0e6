//! A call that a session remembers and the outbox does not.

use super::Bot;
use super::conversation::Conversation;
use super::message::NoLookUp;
use super::plan::Plan;
use super::report::Report;
use crate::id::{CallKey, CommitId, OwnCommit, UserId};
use crate::manager::Ran;
use crate::session::SessionStatus;
use crate::store::{SessionWrite, WakeUp};
use crate::turn::{Step, Turn};

impl<C: Conversation> Bot<C> {
    /// Lets a session forget a call that was lost, and reports it. Nothing is called: what is to be
    /// paid was in the outbox.
    ///
    /// A commit whose answer was lost is answered again later, with the lanes as they are then. So
    /// the call may have been concluded meanwhile, and then the session does not remember it.
    pub(super) async fn forget_lost_call(&self, user: &UserId, key: CallKey) {
        let decide = |turn: &mut Turn<C>, _: &[_]| {
            let mut plan = Plan::new(self.delivery(), None);
            // If a conclusion was faster, nothing is left to forget.
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
        match run.await {
            Ok(Ran::Committed { output, .. }) if output.session != SessionWrite::Nothing => {
                let user = user.clone();
                self.inner.report(&Report::LostCall { user, key });
            }
            Ok(_) => {}
            Err(error) => self.failed(Some(user), "forgetting a lost call", error),
        }
    }
}
