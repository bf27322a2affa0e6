//! The contract for outboxes, call by call: each is one transaction.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Transaction, params};
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitRequest, Due, EntryId, Lane, Outbox, OutboxChanges, OutboxCommit, OutboxStore, Removal,
    Settled, Settlement, StoreError, Take, Taken,
};
use vimbiso_state::{CommitId, UserId};

use crate::changes::{DROP_WAKE_UP, OwnedChanges};
use crate::commit::OwnedRequest;
use crate::database::{Millis, millis};
use crate::entries::{Entries, entry};
use crate::session;
use crate::store::SqliteStore;

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        let id = *request.id;
        changes.check()?;
        let owned = OwnedRequest::new(user, &request, &changes);
        let changes = OwnedChanges::new(&request, &changes);
        // What is recorded and a conflict come before a refusal of the outbox, and all reads before
        // the first write.
        let commit = move |tx: &Transaction<'_>, now| {
            let entries = Entries::open(tx, &owned.user, now)?;
            if let Some(outcome) = owned.refuse(tx, now)? {
                return changes.answer(&entries, outcome);
            }
            if let Some(refusal) = changes.refuse(&entries)? {
                return Ok(OutboxCommit::Refused(refusal));
            }
            let outcome = owned.apply(tx, now)?;
            changes.apply(&entries)?;
            changes.answer(&entries, outcome)
        };
        let result = self.database.run(request.deadline, commit).await;
        result.map_err(|failure| failure.of_commit(id))
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        let Take { lane, lease, .. } = take;
        self.on_outbox(user, take.deadline, move |entries| {
            let row = entries.lane(lane)?;
            if let Some(remaining) = row.held_for(entries.now)
                && !row.belongs_to(&lease.holder)
            {
                return Ok(Taken::Held { remaining });
            }
            match entries.hand_out(lane, &lease.holder, lease.length)? {
                Some(work) => {
                    entries.save()?;
                    Ok(Taken::Work(work))
                }
                None => Ok(Taken::Idle),
            }
        })
        .await
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        self.on_outbox(user, settlement.deadline, move |entries| {
            settle(entries, &settlement)
        })
        .await
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.on_outbox(user, deadline, |entries| entries.read())
            .await
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        let leave_out = leave_out.to_vec();
        self.on_outbox(user, deadline, move |entries| show(entries, &leave_out))
            .await
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        self.on_outbox(user, deadline, move |entries| remove(entries, removal))
            .await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        let due = move |tx: &Transaction<'_>, now| claim_due(tx, limit, claim, now);
        Ok(self.database.run(deadline, due).await?)
    }
}

impl SqliteStore {
    /// Works on one user's outbox in a transaction.
    async fn on_outbox<T: Send + 'static>(
        &self,
        user: &UserId,
        deadline: Instant,
        work: impl FnOnce(&Entries<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let user = user.expose().to_owned();
        let run = move |tx: &Transaction<'_>, now| work(&Entries::open(tx, &user, now)?);
        Ok(self.database.run(deadline, run).await?)
    }
}

fn settle(entries: &Entries<'_>, settlement: &Settlement) -> rusqlite::Result<Settled> {
    let Settlement { holder, retry, .. } = settlement;
    let lane = match settlement.entry {
        EntryId::Reply(_) => Lane::Replies,
        EntryId::Call(_) => Lane::Call,
    };
    if !entries.lane(lane)?.belongs_to(holder) {
        return Ok(Settled::NotHolder);
    }
    // Otherwise it was settled before, and the answer only says what is next.
    let is_first = entries.head(lane)?.as_ref().map(entry) == Some(settlement.entry);
    let next = match (settlement.entry, retry) {
        (_, Some(retry)) if is_first => {
            entries.set_lane(lane, None, retry.after)?;
            if let EntryId::Reply(id) = settlement.entry {
                let sql = "UPDATE reply SET in_doubt = ?3 WHERE user = ?1 AND id = ?2";
                let row = params![entries.user, id.to_string(), retry.in_doubt];
                entries.tx.execute(sql, row)?;
            }
            entries.save()?;
            return Ok(Settled::Released);
        }
        // Its conclusion removes it.
        (EntryId::Call(_), None) if is_first => None,
        (entry, _) => {
            match entry {
                EntryId::Reply(id) if is_first => {
                    let sql = "DELETE FROM reply WHERE user = ?1 AND id = ?2";
                    let row = params![entries.user, id.to_string()];
                    entries.tx.execute(sql, row)?;
                }
                _ => entries.take_back(lane)?,
            }
            entries.hand_out(lane, holder, settlement.length)?
        }
    };
    if next.is_none() {
        entries.free(lane)?;
    }
    entries.save()?;
    Ok(next.map_or(Settled::Released, Settled::Next))
}

fn show(entries: &Entries<'_>, leave_out: &[CommitId]) -> rusqlite::Result<Outbox> {
    entries.execute("UPDATE reply SET is_shown = TRUE WHERE user = ?1")?;
    for reply in entries.replies("ORDER BY number")? {
        if leave_out.contains(&reply.id) {
            // Behind the others.
            let sql = "UPDATE reply SET is_shown = FALSE, \
                       number = (SELECT max(number) FROM reply) + 1 WHERE user = ?1 AND id = ?2";
            let row = params![entries.user, reply.id.to_string()];
            entries.tx.execute(sql, row)?;
        }
    }
    entries.save()?;
    entries.read()
}

/// Returns `false` if the slot holds another call than the removal names.
fn remove(entries: &Entries<'_>, removal: Removal) -> rusqlite::Result<bool> {
    if let Removal::User(expected) = removal
        && expected != entries.call()?.map(|call| call.key)
    {
        return Ok(false);
    }
    session::delete(entries.tx, entries.user)?;
    match removal {
        Removal::Login => {
            entries.remove_replies("(is_shown OR NOT is_outcome)")?;
            entries.execute(DROP_WAKE_UP)?;
            entries.save()?;
        }
        Removal::User(_) => {
            entries.execute("DELETE FROM outbox WHERE user = ?1")?;
        }
    }
    Ok(true)
}

fn claim_due(
    tx: &Transaction<'_>,
    limit: usize,
    claim: Duration,
    now: Millis,
) -> rusqlite::Result<Vec<Due>> {
    let mut statement = tx.prepare(
        "SELECT user, work_due AS due, FALSE FROM outbox WHERE work_due <= ?1 AND kept_until > ?1 \
         UNION ALL \
         SELECT user, wake_up_due, TRUE FROM outbox WHERE wake_up_due <= ?1 AND kept_until > ?1 \
         ORDER BY due LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = statement.query_map(params![now, limit], |row| Ok((row.get(0)?, row.get(2)?)))?;
    let found: Vec<(String, bool)> = found.collect::<Result<_, _>>()?;
    let until = now.saturating_add(millis(claim));
    let mut due = Vec::new();
    for (user, is_reminder) in found {
        let column = if is_reminder {
            "wake_up_due"
        } else {
            "work_due"
        };
        let sql = format!("UPDATE outbox SET {column} = ?2 WHERE user = ?1");
        tx.execute(&sql, params![user, until])?;
        // Every row was written for a valid id.
        due.extend(
            UserId::from_exposed(user)
                .ok()
                .map(|user| Due { user, is_reminder }),
        );
    }
    Ok(due)
}
