//! Who is due, and when.
//!
//! On one server, one index, which the scripts of the outbox write in the same step. On a cluster
//! the index is in other slots than the users, so a process says when a user is looked at *before*
//! it commits what makes that necessary:
//!
//! 1. A hint for work only moves later. It lasts a window, in which commits of the same process
//!    rely on it.
//! 2. A commit carries the time of the hint that it relies on, and is refused from that time on.
//! 3. Who claims a hint looks into the outbox, and then moves or removes the hint, unless it has
//!    changed since the claim. A claim is shorter than a window.
//!
//! So a commit that was carried out is seen by the look on which it relies, or by a later one.

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
    CommitRequest, Delivery, Due, LaneState, OutboxChanges, OutboxRefusal, StoreError, WakeUp,
};

/// In how many parts the index of a cluster is cut, so that no node has all of it.
const SHARDS: u32 = 16;
/// For how long commits of one process rely on one hint. Work that its holder left is found after
/// it at the latest.
const WINDOW: Duration = Duration::from_secs(12);
/// How long a hint is used again without asking: what is left of the window is for a commit on its
/// way, and for clocks that differ.
const REUSED: Duration = Duration::from_secs(5);
/// The longest claim.
const CLAIM: Duration = Duration::from_secs(6);
/// A wake-up on a cluster is not sooner: its hint must lie ahead when the commit is carried out.
const SOONEST: Duration = Duration::from_secs(8);
/// The wait before a commit is sent again with another hint.
const PAUSE: Duration = Duration::from_millis(50);

impl RedisStore {
    /// The index, if it is in the same slot as the users.
    pub(super) fn own_index(&self) -> Option<String> {
        let is_cluster = self.endpoints.are_a_cluster();
        (!is_cluster).then(|| self.settings.naming.index(None))
    }

    /// The part of a cluster's index that has this user.
    fn shard(&self, user: &UserId) -> String {
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
        let works = pushes || changes.call.is_some();
        let known = self.hints.0.get(user);
        // By this process's clock, which may only be late: the script decides by the server's.
        let known = known.filter(|(_, given)| given.elapsed() < REUSED);
        let work = (works && known.is_none()).then_some(WINDOW);
        let wake_up = match changes.wake_up {
            WakeUp::After(time) => Some(time.max(SOONEST)),
            _ => None,
        };
        let mut before = known.filter(|_| works).map(|(time, _)| time);
        if work.is_some() || wake_up.is_some() {
            let given = Instant::now();
            let index = self.shard(user);
            let call = outbox::hint(&index, user.expose(), work, wake_up);
            let value = self.ask(&index, call, deadline).await?;
            let [at, wake_at] = outbox::times(value)?;
            if at > 0 {
                self.hints.0.insert(user.clone(), (at, given));
                before = Some(at);
            }
            if wake_at > 0 {
                before = Some(before.map_or(wake_at, |before| before.min(wake_at)));
            }
        }
        Ok(before)
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

    /// Claims those who are due, at most so many.
    pub(super) async fn claim(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        if let Some(index) = self.own_index() {
            let (_, members) = self.claim_in(&index, limit, claim, deadline).await?;
            return Ok(members.iter().filter_map(|member| due(member)).collect());
        }
        let claim = claim.min(CLAIM);
        let mut found = Vec::new();
        let mut failed = None;
        // One after the other: an idle process asks little, and a busy one asks again at once. From
        // any of them on, so that a node that does not answer keeps no other waiting for ever.
        let first = rand::random_range(0..SHARDS);
        for shard in 0..SHARDS {
            let index = self.settings.naming.index(Some((first + shard) % SHARDS));
            let left = limit - found.len();
            if left == 0 {
                break;
            }
            let (score, members) = match self.claim_in(&index, left, claim, deadline).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            for member in members {
                match self.is_due(&index, &member, &score, deadline).await {
                    Ok(is_due) => found.extend(due(&member).filter(|_| is_due)),
                    // The claim ends by itself, and the next look finds the user again.
                    Err(error) => failed = Some(error),
                }
            }
        }
        match failed {
            Some(error) if found.is_empty() => Err(error),
            Some(error) => {
                tracing::warn!(%error, "A part of the index was not looked at");
                Ok(found)
            }
            None => Ok(found),
        }
    }

    async fn claim_in(
        &self,
        index: &str,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<(String, Vec<String>), StoreError> {
        let call = outbox::due(index, limit, claim);
        let value = self.ask(index, call, deadline).await?;
        Ok(outbox::claims(value)?)
    }

    /// Looks into the outbox of a claimed user. What is not due is moved or removed.
    async fn is_due(
        &self,
        index: &str,
        member: &str,
        claimed: &str,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let user = due(member);
        let mut at = 0;
        let mut now = 0;
        if let Some(Due { user, is_reminder }) = &user {
            let keys = self.settings.naming.keys(user);
            let value = match self.ask(keys.id(), outbox::when(&keys), deadline).await {
                Ok(value) => value,
                // An outbox of a later release: who can read it looks after the claim.
                Err(StoreError::Corrupt { .. }) => return Ok(false),
                Err(error) => return Err(error),
            };
            let [work, wake_up, time] = outbox::times(value)?;
            at = if *is_reminder { wake_up } else { work };
            now = time;
        }
        if at > 0 && at <= now {
            return Ok(true);
        }
        let call = outbox::move_hint(index, member, claimed, (at > 0).then_some(at));
        self.ask(index, call, deadline).await?;
        Ok(false)
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

fn due(member: &str) -> Option<Due> {
    let (is_reminder, user) = outbox::due_member(member)?;
    let user = UserId::from_exposed(user).ok()?;
    Some(Due { user, is_reminder })
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
