//! What the manager needs of a turn to commit it.

use std::sync::Arc;
use std::time::Duration;

use super::Turn;
use super::stored_reply::StoredReply;
use crate::error::Error;
use crate::flow::{Choice, Flow, Stage};
use crate::id::{CallKey, CallReason, CommitId};
use crate::session::{
    CachedUser, CachedUserState, PendingCall, Record, SessionStatus, Version, encode_data,
};

impl<F: Flow> Turn<F> {
    /// The version that a commit of this turn makes.
    pub(crate) fn next_version(&self) -> Version {
        self.next_version
    }

    /// The record for the store. `entered_by` is the commit that took the session to where this
    /// turn found it.
    ///
    /// From here on the turn has the data as it is read back from the record: this process goes on
    /// with what any other process would read.
    pub(crate) fn encode_record(&mut self, entered_by: Option<CommitId>) -> Result<Record, Error> {
        let encoded = encode_data::<F>(&self.user.state.data)?;
        self.user.state.data = Arc::new(encoded.data);
        self.data_memory = encoded.memory;
        let state = &self.user.state;
        let moved = self.reset || self.found != (self.stage(), self.option());
        Ok(Record {
            flow: F::NAME.into(),
            version: self.next_version,
            // It stays while the session stays at its stage and option.
            entered_by: entered_by.filter(|_| !moved).unwrap_or(self.commit_id),
            format: F::DATA_FORMAT,
            stage: state.stage.name().into(),
            option: state.option.map(|option| option.name().into()),
            direction: state.direction,
            menu: state.question.as_ref().map(|open| open.text().clone()),
            pending_call: self.user.pending_call,
            data: encoded.text,
        })
    }

    /// Whether a commit of this turn would write another state than this one, which it has found. A
    /// reset does if the session cannot be read: the store then has something else.
    pub(crate) fn changes(&self, found: &CachedUserState<F>) -> bool {
        let is_corrupt = matches!(self.user.status, SessionStatus::Recovered { .. });
        (self.reset && is_corrupt) || !self.user.state.is_same_as(found)
    }

    /// The pending call, as the record will have it.
    pub(crate) fn pending(&self) -> Option<PendingCall> {
        self.user.pending_call
    }

    pub(crate) fn set_pending(&mut self, call: Option<PendingCall>) {
        self.user.pending_call = call;
    }

    /// The key of a call that this turn makes: that of the question that was open when the turn
    /// began, so that a second answer to it makes the same call.
    pub(crate) fn answered_call_key(&self) -> CallKey {
        let user = self.user_id();
        match self.question_found {
            Some((question, _)) => CallKey::of(user, CallReason::Question(&question.to_string())),
            None => CallKey::of(user, CallReason::Message(&self.commit_id.to_string())),
        }
    }

    /// Stores a reply that is JSON already.
    pub(crate) fn store_reply(&mut self, reply: StoredReply) {
        self.reply = Some(reply);
    }

    /// When the user is to be reminded.
    pub(crate) fn reminder(&self) -> Option<Duration> {
        self.remind_in
    }

    pub(crate) fn needs_shown_question(&self) -> bool {
        self.needs_shown_question
    }

    /// How many bytes the data takes in memory, roughly. 0 before
    /// [`encode_record`](Self::encode_record).
    pub(crate) fn data_memory(&self) -> usize {
        self.data_memory
    }

    pub(crate) fn reply(&self) -> Option<&[u8]> {
        self.reply.as_ref().map(StoredReply::json)
    }

    /// Publishes the copy, as the store now has it.
    pub(crate) fn into_committed(mut self, record: &Arc<Record>) -> CachedUser<F> {
        self.log();
        self.user.version = Some(record.version);
        self.user.pending_call = record.pending_call;
        self.user
    }

    pub(crate) fn log_label(&self) -> Option<&'static str> {
        self.label
    }

    pub(crate) fn stage_found(&self) -> F::Stage {
        self.found.0
    }

    /// The specification's log lines.
    fn log(&self) {
        let stage = self.stage().name();
        let update_from = self.label;
        if self.reset {
            tracing::info!("Resetting state");
        }
        tracing::info!(stage, update_from, "Updating state");
        if self.found.0 != self.stage() {
            tracing::info!(stage, "Setting current stage");
        }
    }
}
