//! One commit, as it is sent and as it is answered.

use std::time::Duration;

use redis::Value;

use super::call::{Answer, NoAnswer, Request};
use super::fault::Fault;
use super::keys::{Key, Keys};
use super::line::Unbegun;
use super::script::{COMMIT, millis};
use super::{done, load};
use crate::store::{Commit, CommitOutcome, Done, StoreError};

/// A commit on its way.
pub(super) struct Sent {
    pub(super) request: Request,
    line: Unbegun,
    /// When the session began, if it lives on.
    began: Option<i64>,
}

impl Sent {
    pub(super) fn of(keys: &Keys, commit: &Commit<'_>, retention: Duration) -> Result<Self, StoreError> {
        let Commit { id, basis, record, reply, drop_token, ttl, lifetime, .. } = *commit;
        let refused = |what: &'static str| StoreError::Misconfigured { what: what.into(), source: None };
        let line = Unbegun::of(record).ok_or_else(|| refused("the record is in no form that can be stored"))?;
        let (parts, found) = basis.as_bytes().split_first().ok_or_else(|| refused("the basis is another store's"))?;
        let began = load::began(*parts, found);

        let mut call = COMMIT.on(keys, Key::COMMITTED);
        call.arg(id.to_string()).arg(done::applied(record.version, reply)).arg(*parts).arg(found);
        call.arg(&*record.state).arg(&*record.stage).arg(record.option.as_deref().unwrap_or("")).arg(record.direction.name());
        call.arg(millis(ttl)).arg(millis(retention)).arg(u8::from(drop_token));
        match began {
            Some(began) => call.arg(line.began(began)).arg(began.saturating_add_unsigned(millis(lifetime))),
            None => call.arg(&line.head).arg(&line.tail).arg(millis(lifetime)),
        };
        Ok(Self { request: Request::Script(&COMMIT, call), line, began })
    }

    pub(super) fn outcome(self, commit: &Commit<'_>, answer: Result<Answer, NoAnswer>) -> Result<CommitOutcome, StoreError> {
        let failed = |fault: Fault, open: bool| if open { fault.unknown(*commit.id) } else { fault.into() };
        let answer = answer.map_err(|none| failed(none.fault, none.open))?;
        let mut current = match answer.value {
            Value::Int(now) => {
                let line = self.line.began(self.began.unwrap_or(now));
                return Ok(CommitOutcome::Applied(Some(load::basis(self.line.parts, line.as_bytes()))));
            }
            Value::Array(values) => load::loaded(values).map_err(|fault| failed(fault, fault.next.is_open()))?,
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
