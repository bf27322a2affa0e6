//! One commit, as it is sent and as it is answered.

use redis::Value;

use super::call::{Answer, NoAnswer, Request};
use super::fault::Fault;
use super::keys::Keys;
use super::layout::KeyLayout;
use super::line::Unbegun;
use super::precondition::Ground;
use super::reply;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, StoreError};

/// A commit on its way.
pub(super) struct Sent {
    pub(super) request: Request,
    layout: KeyLayout,
    line: Unbegun,
    /// When the session began, if it lives on.
    began: Option<i64>,
}

impl Sent {
    pub(super) fn of(
        layout: KeyLayout,
        keys: &Keys,
        commit: &CommitRequest<'_>,
        retention: u64,
    ) -> Result<Self, StoreError> {
        let refused = |what: &'static str| StoreError::Misconfigured {
            what: what.into(),
            source: None,
        };
        let line = Unbegun::of(commit.record)
            .ok_or_else(|| refused("the record is in no form that can be stored"))?;
        let ground = Ground::of(commit.precondition)
            .ok_or_else(|| refused("the precondition is another store's"))?;
        let call = layout.commit(keys, commit, &ground, &line, retention);
        Ok(Self {
            request: Request::Script(layout.script(), call),
            layout,
            line,
            began: ground.began,
        })
    }

    pub(super) fn outcome(
        self,
        commit: &CommitRequest<'_>,
        answer: Result<Answer, NoAnswer>,
    ) -> Result<CommitOutcome, StoreError> {
        let failed = |fault: Fault, open: bool| {
            if open {
                fault.unknown(*commit.id)
            } else {
                fault.into()
            }
        };
        let Answer { value, again } = answer.map_err(|none| failed(none.fault, none.open))?;
        let mut values = match value {
            Value::Int(now) => {
                return Ok(CommitOutcome::Applied(Some(
                    self.layout.next(&self.line, self.began.unwrap_or(now)),
                )));
            }
            Value::Array(values) => values,
            _ => return Err(failed(Fault::NOT_OURS, true)),
        };
        // What is recorded under the commit id comes last, and is certain whatever stands beside it.
        let done = values
            .pop()
            .map_or(Ok(None), reply::done)
            .map_err(|fault| failed(fault, again || fault.next.is_open()))?;
        let current = self.layout.loaded(values);
        Ok(match (done, current) {
            (Some(CommitStatus::Fenced), _) => CommitOutcome::Fenced,
            (Some(CommitStatus::Applied { version, .. }), current)
                if version == commit.record.version =>
            {
                CommitOutcome::Applied(
                    current
                        .ok()
                        .and_then(|current| current.precondition_at(version)),
                )
            }
            (_, Err(fault)) => return Err(failed(fault, fault.next.is_open())),
            (Some(CommitStatus::Applied { version, reply }), Ok(current)) => {
                CommitOutcome::Duplicate {
                    version,
                    reply,
                    current,
                }
            }
            (None, Ok(current)) => CommitOutcome::Conflict(current),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::keys::Layout;
    use super::super::{done, five_keys};
    use super::*;
    use crate::id::{CommitId, Direction, UserId};
    use crate::session::{Record, Version};
    use crate::store::Precondition;

    /// What becomes of a commit of this version where the state is too large to be read.
    fn refused(
        version: Version,
        recorded: Value,
        again: bool,
    ) -> Result<CommitOutcome, StoreError> {
        let (id, keys) = (
            CommitId::random(),
            Layout::default().keys(&UserId::new("263771234567").unwrap()),
        );
        let (stage, state) = ("menu".into(), "{}".into());
        let record = Record {
            version,
            entered_by: id,
            format: 1,
            stage,
            option: None,
            direction: Direction::Out,
            menu: None,
            data: state,
        };
        let (record, precondition, ttl) = (
            Arc::new(record),
            Precondition::new([0; 9]),
            Duration::from_secs(300),
        );
        let deadline = tokio::time::Instant::now();
        let (id, precondition, record) = (&id, &precondition, &record);
        let commit = CommitRequest {
            id,
            precondition,
            record,
            reply: None,
            drop_token: false,
            ttl,
            max_lifetime: ttl,
            deadline,
        };
        let mut values = five_keys::READ.map(|_| Value::Nil).to_vec();
        values[1] = Value::BulkString(vec![b'x'; Record::MAX_DATA + 1]);
        values.push(recorded);
        let sent = Sent::of(KeyLayout::FiveKeys, &keys, &commit, 1).unwrap();
        sent.outcome(
            &commit,
            Ok(Answer {
                value: Value::Array(values),
                again,
            }),
        )
    }

    #[test]
    fn what_is_recorded_is_said_where_the_session_cannot_be_read() {
        let [ours, other] = [7, 8].map(|revision| Version {
            revision,
            tag: 0xab,
        });
        let recorded = |version| Value::BulkString(done::applied(version, None));
        for again in [false, true] {
            assert!(matches!(
                refused(ours, recorded(ours), again),
                Ok(CommitOutcome::Applied(None))
            ));
            assert!(matches!(
                refused(ours, Value::BulkString(done::FENCE.into()), again),
                Ok(CommitOutcome::Fenced)
            ));
            for not_ours in [recorded(other), Value::Nil] {
                assert!(matches!(
                    refused(ours, not_ours, again),
                    Err(StoreError::TooLarge { .. })
                ));
            }
        }
    }

    #[test]
    fn a_record_that_nobody_can_read_leaves_open_what_was_asked_for_twice() {
        let version = Version {
            revision: 7,
            tag: 0xab,
        };
        let junk = || Value::BulkString(b"junk".to_vec());
        assert!(matches!(
            refused(version, junk(), false),
            Err(StoreError::Corrupt { .. })
        ));
        assert!(matches!(
            refused(version, junk(), true),
            Err(StoreError::Unknown { .. })
        ));
    }
}
