//! One commit, as it is sent and as it is answered.

use redis::Value;

use super::basis::Ground;
use super::call::{Answer, NoAnswer, Request};
use super::fault::Fault;
use super::keys::Keys;
use super::layout::KeyLayout;
use super::line::Unbegun;
use crate::store::{Commit, CommitOutcome, Done, StoreError};

/// A commit on its way.
pub(super) struct Sent {
    pub(super) request: Request,
    layout: KeyLayout,
    line: Unbegun,
    /// When the session began, if it lives on.
    began: Option<i64>,
}

impl Sent {
    pub(super) fn of(layout: KeyLayout, keys: &Keys, commit: &Commit<'_>, retention: u64) -> Result<Self, StoreError> {
        let refused = |what: &'static str| StoreError::Misconfigured { what: what.into(), source: None };
        let line = Unbegun::of(commit.record).ok_or_else(|| refused("the record is in no form that can be stored"))?;
        let ground = Ground::of(commit.basis).ok_or_else(|| refused("the basis is another store's"))?;
        let call = layout.commit(keys, commit, &ground, &line, retention);
        Ok(Self { request: Request::Script(layout.script(), call), layout, line, began: ground.began })
    }

    pub(super) fn outcome(self, commit: &Commit<'_>, answer: Result<Answer, NoAnswer>) -> Result<CommitOutcome, StoreError> {
        let failed = |fault: Fault, open: bool| if open { fault.unknown(*commit.id) } else { fault.into() };
        let answer = answer.map_err(|none| failed(none.fault, none.open))?;
        let mut current = match answer.value {
            Value::Int(now) => {
                return Ok(CommitOutcome::Applied(Some(self.layout.next(&self.line, self.began.unwrap_or(now)))));
            }
            Value::Array(values) => self.layout.loaded(values).map_err(|fault| failed(fault, fault.next.is_open()))?,
            _ => return Err(failed(Fault::NOT_OURS, true)),
        };
        Ok(match current.done.take() {
            None => CommitOutcome::Conflict(current),
            Some(Done::Fenced) => CommitOutcome::Fenced,
            Some(Done::Applied { version, .. }) if version == commit.record.version => {
                CommitOutcome::Applied(current.basis_of(version))
            }
            Some(Done::Applied { version, reply }) => CommitOutcome::Duplicate { version, reply, current },
        })
    }
}
