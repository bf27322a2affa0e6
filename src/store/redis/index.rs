//! The index of those for whom something is due, and when.
//!
//! Sorted sets, named `_wake` after the namespace, or `{_wake_0}` to `{_wake_15}` on a cluster. No
//! set expires: an empty one is gone. A user has at most two members:
//!
//! ```text
//! w263771234567  1763863200000    there is work in the outbox, due at this time
//! r263771234567  1763863500000    a wake-up is due at this time
//! w263771234567  1763863210000.5  claimed until then
//! ```
//!
//! A score is Unix time in milliseconds, by the clock of the server that has the set. A whole
//! number was written by a commit or a look, half a millisecond more by a claim. So a look that
//! corrects what it has claimed, on the condition that the score is that of the claim, corrects
//! nothing that was written since.
//!
//! The index may say too much, and never too little: a look at a claimed user reads the outbox, and
//! moves or removes an entry that it does not bear out. On one server, the scripts of the outbox
//! write the index in the same step. On a cluster it is in other slots than the users, so a process
//! says when a user is looked at *before* it commits what makes that necessary:
//!
//! 1. The hint of a commit is the entry for work, also if the commit brings a wake-up alone. A hint
//!    only moves it later. It lasts a window, in which commits of the same process rely on it.
//! 2. A commit carries the time of the hint that it relies on, and is refused from that time on.
//! 3. The look reads the outbox after its claim, and then moves or removes the entry, unless it has
//!    changed since. A claim is shorter than a window.
//! 4. The look also adds the entry for the wake-up, or makes it earlier. No hint touches that one,
//!    so the reminder of an earlier commit remains if a later commit is refused.
//!
//! So a commit that was carried out is seen by the look on which it relies, or by a later one.
//!
//! `_wake_check` is there for as long as the index need not be compared with the outboxes.

use std::time::Duration;

use redis::Value;
use tokio::time::{Instant, sleep};

use super::commit::SentCommit;
use super::net::{Answer, Request};
use super::store::RedisStore;
use super::wire::ScriptCall;
use super::wire::outbox::{self, CommitReply, OutboxArgs};
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitRequest, Delivery, LaneState, OutboxChanges, OutboxRefusal, StoreError, WakeUp,
};

/// In how many parts the index of a cluster is cut, so that no node has all of it.
const SHARDS: u32 = 16;
/// For how long commits of one process rely on one hint. Work that its holder left is found after
/// it at the latest, and so is a wake-up that is sooner.
const WINDOW: Duration = Duration::from_secs(12);
/// How long a hint is used again without asking: what is left of the window is for a commit on its
/// way, and for clocks that differ.
const REUSED: Duration = Duration::from_secs(5);
/// The wait before a commit is sent again with another hint.
const PAUSE: Duration = Duration::from_millis(50);

impl RedisStore {
    /// The index, if it is in the same slot as the users.
    pub(super) fn own_index(&self) -> Option<String> {
        let is_cluster = self.endpoints.are_a_cluster();
        (!is_cluster).then(|| self.settings.naming.index(None))
    }

    /// The parts of a cluster's index.
    pub(super) fn shards(&self) -> impl Iterator<Item = String> {
        (0..SHARDS).map(|shard| self.settings.naming.index(Some(shard)))
    }

    /// The index, or the part of it, that has this user.
    pub(super) fn index_of(&self, user: &UserId) -> String {
        if let Some(index) = self.own_index() {
            return index;
        }
        // FNV-1a: the same in every process and release.
        let hash = user.expose().bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        self.settings.naming.index(Some(hash % SHARDS))
    }

    /// Commits with changes to the outbox on a cluster: with a hint before, and again with another
    /// hint if that is over.
    pub(super) async fn commit_with_hint(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        changes: &OutboxChanges<'_>,
    ) -> Result<Replied, StoreError> {
        loop {
            let before = self.hint(user, changes, request.deadline).await?;
            let replied = self.send_with(user, request, changes, None, before).await?;
            if !matches!(replied, Replied::Late) {
                return Ok(replied);
            }
            self.hints.0.remove(user);
            if Instant::now() >= request.deadline {
                return Err(StoreError::unavailable(
                    "the clocks of the nodes differ too much",
                ));
            }
            // Clocks that differ do not agree at once.
            sleep(PAUSE).await;
        }
    }

    /// Says when the user is looked at, if these changes make work or a wake-up. The time before
    /// which the commit must be carried out.
    async fn hint(
        &self,
        user: &UserId,
        changes: &OutboxChanges<'_>,
        deadline: Instant,
    ) -> Result<Option<i64>, StoreError> {
        let pushes = changes
            .reply
            .is_some_and(|reply| reply.delivery == Delivery::Push);
        let wakes = matches!(changes.wake_up, WakeUp::After(_));
        if !(pushes || changes.call.is_some() || wakes) {
            return Ok(None);
        }
        // By this process's clock, which may only be late: the script decides by the server's.
        let known = self.hints.0.get(user);
        if let Some((time, _)) = known.filter(|(_, given)| given.elapsed() < REUSED) {
            return Ok(Some(time));
        }
        let given = Instant::now();
        let index = self.index_of(user);
        let call = outbox::hint(&index, user.expose(), WINDOW);
        let time = outbox::number(&self.ask(&index, call, deadline).await?)?;
        self.hints.0.insert(user.clone(), (time, given));
        Ok(Some(time))
    }

    /// Sends a commit with changes to the outbox.
    pub(super) async fn send_with(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        changes: &OutboxChanges<'_>,
        index: Option<&str>,
        before: Option<i64>,
    ) -> Result<Replied, StoreError> {
        let with = OutboxArgs {
            user: user.expose(),
            commit: request.id,
            version: request.record.version,
            changes,
            index,
            before,
        };
        let sent = self.send_commit(user, request, Some(&with)).await?;
        replied(sent, request.id)
    }

    pub(super) async fn ask(
        &self,
        key: &str,
        call: ScriptCall,
        deadline: Instant,
    ) -> Result<Value, StoreError> {
        let request = Request::script(call.by_hash, call.text);
        self.answered(key, &request, deadline).await
    }

    /// The answer of a script that reads an outbox.
    pub(super) async fn answered(
        &self,
        key: &str,
        request: &Request,
        deadline: Instant,
    ) -> Result<Value, StoreError> {
        let value = self.endpoints.call(key, request, deadline).await?.value;
        match outbox::is_unreadable(&value) {
            true => Err(unreadable()),
            false => Ok(value),
        }
    }
}

fn unreadable() -> StoreError {
    StoreError::corrupt("the outbox is in a form that this release cannot read")
}

/// How a commit with changes to the outbox was answered.
pub(super) enum Replied {
    /// As a plain commit, with the states of the lanes.
    Commit(SentCommit, LaneState, LaneState),
    Refused(OutboxRefusal),
    /// The hint on which it relies may be over: nothing was written.
    Late,
}

fn replied(mut sent: SentCommit, id: &CommitId) -> Result<Replied, StoreError> {
    let answer = match sent.answer {
        Ok(answer) => answer,
        Err(failure) => {
            sent.answer = Err(failure);
            return Ok(Replied::Commit(sent, LaneState::Empty, LaneState::Empty));
        }
    };
    let maybe_applied = answer.maybe_applied;
    if outbox::is_unreadable(&answer.value) {
        // An earlier copy of the commit may have met an outbox that could be read.
        return Err(match maybe_applied {
            true => StoreError::unknown(*id).with_source(unreadable()),
            false => unreadable(),
        });
    }
    let reply = outbox::commit_reply(answer.value)
        .map_err(|error| StoreError::unknown(*id).with_source(StoreError::from(error)))?;
    Ok(match reply {
        CommitReply::Late => Replied::Late,
        CommitReply::Refused(why) => Replied::Refused(why),
        CommitReply::Answered(value, replies, call) => {
            sent.answer = Ok(Answer {
                value,
                maybe_applied,
            });
            Replied::Commit(sent, replies, call)
        }
    })
}
