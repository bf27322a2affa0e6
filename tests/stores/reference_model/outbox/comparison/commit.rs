//! Makes a commit on the model and on the store.

use harness::sessions::{Attempt, soon};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, Delivery, EntryId, LaneState, NewCall, NewReply, OutboxChanges,
    OutboxCommit, OutboxRefusal, SessionWrite, WakeUp,
};

use super::{Long, User};
use crate::reference_model::outbox::answer::Answer;
use crate::reference_model::outbox::call::{Changes, Kind, Size, Wake};
use crate::reference_model::outbox::conversions::{key, lease, of_call, seconds_of};
use crate::reference_model::outbox::model;

const SHORT_BODY: &[u8] = b"1";
const LONG_BODY: [u8; 10_000] = [b'1'; 10_000];

impl User<'_> {
    pub(super) async fn commit(&mut self, changes: &Changes, now: u64) -> (Answer, Answer) {
        let loaded = self.store.load(&self.id, None, soon()).await.unwrap();
        let attempt = Attempt::on(&loaded, "{}");
        let id = attempt.id;
        let version = attempt.record.version;
        let request = CommitRequest {
            ttl: seconds_of(10_000),
            max_lifetime: seconds_of(10_000),
            ..attempt.request(soon())
        };
        let wake_up = match changes.wake_up {
            Wake::Drop => (WakeUp::Drop, model::WakeUp::Drop),
            Wake::Keep => (WakeUp::Keep(None), model::WakeUp::Keep),
            Wake::Bind => {
                let last = self.last_wake_up;
                (WakeUp::Keep(Some(last)), model::WakeUp::Bind(last))
            }
            Wake::DropIf => {
                let last = self.last_wake_up;
                (WakeUp::DropIf(last), model::WakeUp::DropIf(last))
            }
            Wake::After(time) => (WakeUp::After(seconds_of(time)), model::WakeUp::After(time)),
        };
        let body = changes.reply.map(|size| match size {
            Size::Short => SHORT_BODY,
            Size::Long => &LONG_BODY,
        });
        let room = changes.reply.map(|size| match (size, self.long) {
            (Size::Short, _) => 1,
            (Size::Long, Long::Plain) => LONG_BODY.len(),
            (Size::Long, Long::Sealed) => 13_500,
        });
        let model = model::Commit {
            id,
            version,
            is_push: self.is_push,
            is_outcome: changes.kind == Kind::Outcome,
            is_replaceable: changes.kind == Kind::Replaceable,
            reply: room,
            call: changes.call.map(key),
            concludes: changes.concludes.map(key),
            concluded_by: changes.concluded_by.map(|n| self.holders[n]),
            lease: changes.lease.map(|(n, length)| (self.holders[n], length)),
            only_if_sent: changes.only_if_sent,
            drop_shown: changes.drop_shown && !self.is_push,
            wake_up: wake_up.1,
        };
        let changes = OutboxChanges {
            session: SessionWrite::Prolong,
            concludes: model.concludes,
            concluded_by: model.concluded_by,
            only_if_sent: model.only_if_sent,
            drop_shown: model.drop_shown,
            reply: body.map(|body| NewReply {
                body,
                to: None,
                is_outcome: model.is_outcome,
                is_replaceable: model.is_replaceable,
                delivery: match self.is_push {
                    true => Delivery::Push,
                    false => Delivery::Pull,
                },
            }),
            call: model.call.map(|key| NewCall { key, body: b"{}" }),
            lease: model.lease.map(|(holder, length)| lease(holder, length)),
            wake_up: wake_up.0,
        };
        let commit = self.outbox().commit_with(&self.id, request, changes);
        let answer = match commit.await.unwrap() {
            OutboxCommit::Answered {
                outcome: CommitOutcome::Applied(Some(_)),
                replies,
                call,
            } => Answer::Applied(replies, call),
            OutboxCommit::Refused(OutboxRefusal::Full) => Answer::Full,
            OutboxCommit::Refused(OutboxRefusal::CallPending(call)) => {
                Answer::CallPending(of_call(&call))
            }
            OutboxCommit::Refused(OutboxRefusal::NoSuchCall) => Answer::NoSuchCall,
            OutboxCommit::Refused(OutboxRefusal::NotHolder) => Answer::NotHolder,
            OutboxCommit::Refused(OutboxRefusal::Unsent) => Answer::Unsent,
            other => panic!("{other:?}"),
        };
        let expected = self.model.commit(&model, now);
        if let (Answer::Applied(..), model::WakeUp::After(_) | model::WakeUp::Bind(_)) =
            (&answer, wake_up.1)
        {
            self.last_wake_up = version;
        }
        if let Answer::Applied(replies, call) = &answer {
            let reply = (*replies == LaneState::Acquired).then_some(EntryId::Reply(id));
            let call = model.call.filter(|_| *call == LaneState::Acquired);
            self.taken.extend(reply);
            self.taken.extend(call.map(EntryId::Call));
        }
        (expected, answer)
    }
}
