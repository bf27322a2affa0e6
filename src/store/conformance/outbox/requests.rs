//! The outbox calls that the behaviours make.

use std::sync::Arc;
use std::time::Duration;

use crate::id::{CallKey, CommitId, UserId};
use crate::session::Record;
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, after, commit, soon};
use crate::store::conformance::violation::{CaseResult, Violation, extract};
use crate::store::{
    CommitOutcome, CommitRequest, Delivery, Due, EntryId, Lane, LaneState, LeaseHolder,
    LeaseRequest, NewCall, NewReply, Outbox, OutboxChanges, OutboxCommit, OutboxRefusal,
    OutboxStore, Precondition, QueuedReply, Retry, Settled, Settlement, StoredCall, Take, Taken,
    Work,
};

/// A key that no other call has.
pub(super) fn random_key() -> Result<CallKey, Violation> {
    let text = format!("{:032x}", rand::random::<u128>());
    text.parse()
        .map_err(|_| Violation::new(format!("{text} is no call key")))
}

pub(super) fn reply(body: &[u8]) -> NewReply<'_> {
    NewReply {
        body,
        to: None,
        is_outcome: false,
        is_replaceable: false,
        delivery: Delivery::Push,
    }
}

/// Changes that add a reply.
pub(super) fn adds(body: &[u8]) -> OutboxChanges<'_> {
    OutboxChanges {
        reply: Some(reply(body)),
        ..Default::default()
    }
}

/// Changes that add a reply which the user fetches.
pub(super) fn adds_to_fetch(body: &[u8]) -> OutboxChanges<'_> {
    OutboxChanges {
        reply: Some(NewReply {
            delivery: Delivery::Pull,
            ..reply(body)
        }),
        ..Default::default()
    }
}

/// Changes that announce a call.
pub(super) fn announces<'a>(key: CallKey) -> OutboxChanges<'a> {
    OutboxChanges {
        call: Some(NewCall { key, body: b"{}" }),
        ..Default::default()
    }
}

/// Changes that conclude a call.
pub(super) fn concludes<'a>(key: CallKey) -> OutboxChanges<'a> {
    OutboxChanges {
        concludes: Some(key),
        ..Default::default()
    }
}

pub(super) fn lease(holder: LeaseHolder, length: Duration) -> LeaseRequest {
    LeaseRequest { holder, length }
}

pub(super) fn retry(after: Duration) -> Retry {
    Retry {
        after,
        in_doubt: false,
    }
}

pub(super) fn bodies(outbox: &Outbox) -> Vec<&[u8]> {
    outbox.replies.iter().map(|reply| &*reply.body).collect()
}

/// A commit with changes that was applied.
pub(super) struct Sent {
    pub(super) id: CommitId,
    pub(super) record: Arc<Record>,
    /// The precondition that it had.
    pub(super) precondition: Precondition,
    /// The precondition of the next commit.
    pub(super) next: Option<Precondition>,
    pub(super) replies: LaneState,
    pub(super) call: LaneState,
}

impl Sent {
    /// The reply that the commit added.
    pub(super) fn entry(&self) -> EntryId {
        EntryId::Reply(self.id)
    }
}

impl Case {
    pub(super) fn outboxes(&self) -> Result<&dyn OutboxStore, Violation> {
        self.store()
            .outbox()
            .ok_or_else(|| Violation::new("the store keeps no outboxes"))
    }

    pub(super) async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, Violation> {
        let commit = self.outboxes()?.commit_with(user, request, changes);
        Ok(self.timed(commit).await?)
    }

    /// Loads the session and commits over it with these changes, which must be applied.
    pub(super) async fn send(
        &self,
        user: &UserId,
        changes: OutboxChanges<'_>,
    ) -> Result<Sent, Violation> {
        self.send_data(user, "{}", LONG, changes).await
    }

    /// The same with this data, to live for `ttl`.
    pub(super) async fn send_data(
        &self,
        user: &UserId,
        data: &str,
        ttl: Duration,
        changes: OutboxChanges<'_>,
    ) -> Result<Sent, Violation> {
        let id = CommitId::random();
        let loaded = self.load(user).await?;
        let record = after(&loaded, data);
        let request = CommitRequest {
            ttl,
            ..commit(&id, &loaded.precondition, &record)
        };
        let (next, replies, call) = extract!(
            self.commit_with(user, request, changes).await?,
            OutboxCommit::Answered { outcome: CommitOutcome::Applied(next), replies, call }
                => (next, replies, call),
            "an applied commit"
        );
        Ok(Sent {
            id,
            record,
            precondition: loaded.precondition,
            next,
            replies,
            call,
        })
    }

    /// Loads the session and commits over it with these changes, which the outbox must refuse.
    pub(super) async fn refused(
        &self,
        user: &UserId,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxRefusal, Violation> {
        let id = CommitId::random();
        let loaded = self.load(user).await?;
        let record = after(&loaded, "{}");
        let request = commit(&id, &loaded.precondition, &record);
        let refusal = extract!(
            self.commit_with(user, request, changes).await?,
            OutboxCommit::Refused(refusal) => refusal,
            "a commit that the outbox refuses"
        );
        Ok(refusal)
    }

    pub(super) async fn take(
        &self,
        user: &UserId,
        lane: Lane,
        lease: LeaseRequest,
    ) -> Result<Taken, Violation> {
        let take = Take {
            lane,
            lease,
            deadline: soon(),
        };
        Ok(self.timed(self.outboxes()?.take(user, take)).await?)
    }

    /// Takes the first reply, which must be due, for a minute.
    pub(super) async fn take_reply(
        &self,
        user: &UserId,
        holder: LeaseHolder,
    ) -> Result<QueuedReply, Violation> {
        let taken = self.take(user, Lane::Replies, lease(holder, LONG)).await?;
        let reply = extract!(taken, Taken::Work(Work::Reply(reply)) => reply, "the first reply");
        Ok(reply)
    }

    /// Takes the call, which must be due, for a minute.
    pub(super) async fn take_call(
        &self,
        user: &UserId,
        holder: LeaseHolder,
    ) -> Result<StoredCall, Violation> {
        let taken = self.take(user, Lane::Call, lease(holder, LONG)).await?;
        let call = extract!(taken, Taken::Work(Work::Call(call)) => call, "the call");
        Ok(call)
    }

    pub(super) async fn settle(
        &self,
        user: &UserId,
        entry: EntryId,
        holder: LeaseHolder,
        retry: Option<Retry>,
    ) -> Result<Settled, Violation> {
        let settlement = Settlement {
            entry,
            holder,
            retry,
            length: LONG,
            deadline: soon(),
        };
        Ok(self
            .timed(self.outboxes()?.settle(user, settlement))
            .await?)
    }

    /// Reads the outbox.
    pub(super) async fn outbox(&self, user: &UserId) -> Result<Outbox, Violation> {
        Ok(self.timed(self.outboxes()?.read(user, soon())).await?)
    }

    /// Reads the outbox and marks its replies as shown, but for some.
    pub(super) async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
    ) -> Result<Outbox, Violation> {
        let show = self.outboxes()?.show(user, leave_out, soon());
        Ok(self.timed(show).await?)
    }

    /// Whether one call for those who are due returns this user, who is then claimed.
    pub(super) async fn is_due(
        &self,
        user: &UserId,
        is_reminder: bool,
        claim: Duration,
    ) -> Result<bool, Violation> {
        // More than there are, because a store may be shared with other behaviours.
        let due = self.outboxes()?.due(1000, claim, soon());
        let due = self.timed(due).await?;
        let asked_for = Due {
            user: user.clone(),
            is_reminder,
        };
        let times = due.iter().filter(|due| **due == asked_for).count();
        if times > 1 {
            let text = format!("one call for those who are due returned a user {times} times");
            return Err(Violation::new(text));
        }
        Ok(times == 1)
    }

    /// Asks for those who are due until this user is among them. A store may look for them now and
    /// then only.
    pub(super) async fn wait_until_due(
        &self,
        user: &UserId,
        is_reminder: bool,
        claim: Duration,
    ) -> CaseResult {
        const TIMES: u32 = 800;
        let pause = Duration::from_millis(50);
        for _ in 0..TIMES {
            if self.is_due(user, is_reminder, claim).await? {
                return Ok(());
            }
            self.sleep(pause).await;
        }
        let what = if is_reminder { "wake-up" } else { "work" };
        Err(Violation::new(format!(
            "a user whose {what} is due was not returned within {:?}",
            pause * TIMES
        )))
    }

    /// Asks for those who are due, and breaks if this user is among them.
    pub(super) async fn ensure_not_due(
        &self,
        user: &UserId,
        is_reminder: bool,
        when: &str,
    ) -> CaseResult {
        match self.is_due(user, is_reminder, LONG).await? {
            true => Err(Violation::new(format!("a user was due {when}"))),
            false => Ok(()),
        }
    }
}
