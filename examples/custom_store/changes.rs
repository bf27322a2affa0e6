//! What a commit changes in an outbox, inside a transaction.

use rusqlite::params;
use vimbiso_state::CommitId;
use vimbiso_state::id::CallKey;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, Delivery, EntryId, Lane, Outbox, OutboxChanges, OutboxCommit,
    OutboxRefusal, SessionWrite, WakeUp,
};

use crate::entries::{Entries, entry};

pub const DROP_WAKE_UP: &str = "UPDATE outbox SET wake_up = NULL, wake_up_due = NULL, \
                                wake_version = NULL WHERE user = ?1";

/// What a newer reply replaces: it cannot have reached the user.
const GIVES_WAY: &str = "is_replaceable AND NOT is_shown AND NOT in_doubt";

/// [`OutboxChanges`] that own their texts, so that they can move into a task.
pub struct OwnedChanges {
    id: CommitId,
    version: Version,
    reply: Option<OwnedReply>,
    call: Option<(CallKey, Box<[u8]>)>,
    /// What owns nothing.
    other: OutboxChanges<'static>,
}

struct OwnedReply {
    body: Box<[u8]>,
    to: Option<String>,
    is_outcome: bool,
    is_replaceable: bool,
    is_push: bool,
}

impl OwnedChanges {
    pub fn new(request: &CommitRequest<'_>, changes: &OutboxChanges<'_>) -> Self {
        Self {
            id: *request.id,
            version: request.record.version,
            reply: changes.reply.map(|reply| OwnedReply {
                body: reply.body.into(),
                to: reply.to.map(str::to_owned),
                is_outcome: reply.is_outcome,
                is_replaceable: reply.is_replaceable,
                is_push: reply.delivery == Delivery::Push,
            }),
            call: changes.call.map(|call| (call.key, call.body.into())),
            other: OutboxChanges {
                reply: None,
                call: None,
                ..*changes
            },
        }
    }

    /// Why these changes must not be made; `None` if they may.
    pub fn refuse(&self, entries: &Entries<'_>) -> rusqlite::Result<Option<OutboxRefusal>> {
        let concludes = self.other.concludes;
        let call = entries.call()?;
        if concludes.is_some() && concludes != call.as_ref().map(|call| call.key) {
            return Ok(Some(OutboxRefusal::NoSuchCall));
        }
        if let (Some(_), Some(holder)) = (concludes, self.other.concluded_by) {
            let lane = entries.lane(Lane::Call)?;
            if lane.held_for(entries.now).is_none() || !lane.belongs_to(&holder) {
                return Ok(Some(OutboxRefusal::NotHolder));
            }
        }
        let kept = match self.other.drop_shown {
            true => "NOT is_shown",
            false => "TRUE",
        };
        let unsent = format!("AND {kept} AND (is_push OR NOT is_shown)");
        if self.other.only_if_sent && !entries.replies(&unsent)?.is_empty() {
            return Ok(Some(OutboxRefusal::Unsent));
        }
        let stays = call.filter(|_| concludes.is_none());
        let is_pending = stays.is_some() || self.call.is_some();
        if let Some(call) = stays.filter(|_| self.call.is_some()) {
            return Ok(Some(OutboxRefusal::CallPending(call)));
        }
        let adds = self.reply.is_some() || self.call.is_some();
        if !adds || (concludes.is_some() && !is_pending) {
            // The room of a conclusion was reserved.
            return Ok(None);
        }
        let kept = match self.replaces() {
            true => format!("AND {kept} AND NOT ({GIVES_WAY})"),
            false => format!("AND {kept}"),
        };
        let replies = entries.replies(&kept)?;
        let added = self.reply.as_ref().map(|reply| reply.body.len());
        let reserved = is_pending.then_some(Record::MAX_REPLY);
        let sizes: Vec<_> = replies
            .iter()
            .map(|reply| reply.body.len())
            .chain(added)
            .chain(reserved)
            .collect();
        let fits = sizes.len() <= Outbox::MAX_REPLIES;
        let fits = fits && sizes.iter().sum::<usize>() <= Outbox::MAX_BYTES;
        Ok((!fits).then_some(OutboxRefusal::Full))
    }

    /// Makes changes that are not refused.
    pub fn apply(&self, entries: &Entries<'_>) -> rusqlite::Result<()> {
        let Entries { tx, user, now } = *entries;
        entries.begin()?;
        if self.other.drop_shown {
            entries.remove_replies("is_shown")?;
        }
        if self.other.concludes.is_some() {
            entries.execute("DELETE FROM call WHERE user = ?1")?;
            entries.free(Lane::Call)?;
        }
        if self.replaces() {
            // The lane is left as it is: what is first now waits as long as what was first.
            entries.execute(&format!(
                "DELETE FROM reply WHERE user = ?1 AND {GIVES_WAY}"
            ))?;
        }
        if let Some(reply) = &self.reply {
            tx.execute(
                "INSERT INTO reply \
                 (user, id, body, recipient, is_outcome, is_replaceable, is_push) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    user,
                    self.id.to_string(),
                    reply.body,
                    reply.to,
                    reply.is_outcome,
                    reply.is_replaceable,
                    reply.is_push
                ],
            )?;
            let sql = "UPDATE reply SET is_push = ?2 WHERE user = ?1";
            tx.execute(sql, params![user, reply.is_push])?;
        }
        if let Some((key, body)) = &self.call {
            let sql = "INSERT INTO call (user, key, body, announced) VALUES (?1, ?2, ?3, ?4)";
            tx.execute(sql, params![user, key.to_string(), body, now])?;
        }
        if let Some(lease) = &self.other.lease {
            for (lane, added) in self.added() {
                // Only for what this commit adds: the caller has no other entry at hand.
                if added.is_some() && entries.first(lane)?.as_ref().map(entry) == added {
                    entries.hand_out(lane, &lease.holder, lease.length)?;
                }
            }
        }
        self.set_wake_up(entries)?;
        entries.save()
    }

    /// Whether the commit adds a reply that replaces older ones.
    fn replaces(&self) -> bool {
        self.reply
            .as_ref()
            .is_some_and(|reply| reply.is_replaceable)
    }

    /// What the commit is told, with the lanes as they are now.
    pub fn answer(
        &self,
        entries: &Entries<'_>,
        outcome: CommitOutcome,
    ) -> rusqlite::Result<OutboxCommit> {
        let holder = self.other.lease.map(|lease| lease.holder);
        let [replies, call] = self
            .added()
            .map(|(lane, added)| entries.state(lane, added, holder));
        Ok(OutboxCommit::Answered {
            outcome,
            replies: replies?,
            call: call?,
        })
    }

    /// What the commit adds to each lane.
    fn added(&self) -> [(Lane, Option<EntryId>); 2] {
        let reply = self.reply.as_ref().map(|_| EntryId::Reply(self.id));
        let call = self.call.as_ref().map(|(key, _)| EntryId::Call(*key));
        [(Lane::Replies, reply), (Lane::Call, call)]
    }

    fn set_wake_up(&self, entries: &Entries<'_>) -> rusqlite::Result<()> {
        let Entries { tx, user, .. } = *entries;
        let version = self.version.to_string();
        match self.other.wake_up {
            WakeUp::Drop => entries.execute(DROP_WAKE_UP)?,
            WakeUp::DropIf(last) => {
                let sql = format!("{DROP_WAKE_UP} AND wake_version = ?2");
                tx.execute(&sql, params![user, last.to_string()])?
            }
            // A commit that writes no session makes no version to bind it to.
            WakeUp::Keep(Some(last)) if self.other.session != SessionWrite::Nothing => {
                let sql =
                    "UPDATE outbox SET wake_version = ?2 WHERE user = ?1 AND wake_version = ?3";
                tx.execute(sql, params![user, version, last.to_string()])?
            }
            WakeUp::Keep(_) => 0,
            WakeUp::After(time) => {
                let sql = "UPDATE outbox SET wake_up = ?2, wake_up_due = ?2, wake_version = ?3 \
                           WHERE user = ?1";
                tx.execute(sql, params![user, entries.later(time), version])?
            }
        };
        Ok(())
    }
}
