//! The outbox of one user inside a transaction: its entries, and who works on them.

use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Error, OptionalExtension, Row, Transaction, params};
use vimbiso_state::store::{
    EntryId, Lane, LaneState, LeaseHolder, Outbox, QueuedReply, Reminder, StoredCall, Work,
};

use crate::database::{Millis, millis};
use crate::store::RETENTION;

/// The form in which this release keeps an outbox.
const FORMAT: i64 = 1;

/// The outbox of one user, in the transaction that works on it.
pub struct Entries<'a> {
    pub tx: &'a Transaction<'a>,
    pub user: &'a str,
    pub now: Millis,
}

/// Who works on a lane, or until when its first entry is postponed.
#[derive(Default)]
pub struct LaneRow {
    holder: Option<String>,
    length: Millis,
    until: Millis,
}

impl LaneRow {
    /// Whether this holder took it last, also if its time is over.
    pub fn belongs_to(&self, holder: &LeaseHolder) -> bool {
        self.holder == Some(holder.to_string())
    }

    /// How long a holder still has it. A rest that is longer than the lease is that of a clock that
    /// was set back: the lease is over.
    pub fn held_for(&self, now: Millis) -> Option<Duration> {
        let rest = self.until - now;
        let is_held = self.holder.is_some() && (1..=self.length).contains(&rest);
        is_held.then(|| Duration::from_millis(rest.unsigned_abs()))
    }

    fn is_postponed(&self, now: Millis) -> bool {
        self.holder.is_none() && self.until > now
    }
}

fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Replies => "replies",
        Lane::Call => "call",
    }
}

impl<'a> Entries<'a> {
    /// Drops what is out of date, and fails if it is in the form of a later release.
    pub fn open(tx: &'a Transaction<'a>, user: &'a str, now: Millis) -> rusqlite::Result<Self> {
        let sql = "DELETE FROM outbox WHERE user = ?1 AND kept_until <= ?2";
        tx.execute(sql, params![user, now])?;
        let sql = "SELECT format FROM outbox WHERE user = ?1";
        let format = tx.query_row(sql, [user], |row| row.get(0)).optional()?;
        match format {
            None | Some(FORMAT) => Ok(Self { tx, user, now }),
            Some(other) => Err(Error::IntegralValueOutOfRange(0, other)),
        }
    }

    pub fn execute(&self, sql: &str) -> rusqlite::Result<usize> {
        self.tx.execute(sql, [self.user])
    }

    /// An instant after now.
    pub fn later(&self, by: Duration) -> Millis {
        self.now.saturating_add(millis(by))
    }

    pub fn replies(&self, sql: &str) -> rusqlite::Result<Vec<QueuedReply>> {
        let sql = format!("SELECT * FROM reply WHERE user = ?1 {sql}");
        let mut statement = self.tx.prepare(&sql)?;
        statement.query_map([self.user], reply)?.collect()
    }

    pub fn call(&self) -> rusqlite::Result<Option<StoredCall>> {
        let sql = "SELECT * FROM call WHERE user = ?1";
        let call = |row: &Row<'_>| {
            let age = self.now - row.get::<_, Millis>("announced")?;
            Ok(StoredCall {
                key: parsed(row, "key")?,
                body: row.get::<_, Vec<u8>>("body")?.into(),
                age: Duration::from_millis(age.try_into().unwrap_or(0)),
                attempt: row.get("attempt")?,
            })
        };
        self.tx.query_row(sql, [self.user], call).optional()
    }

    pub fn read(&self) -> rusqlite::Result<Outbox> {
        let sql = "SELECT * FROM outbox WHERE user = ?1 AND wake_up IS NOT NULL";
        let reminder = |row: &Row<'_>| {
            let after = row.get::<_, Millis>("wake_up")? - self.now;
            Ok(Reminder {
                version: parsed(row, "wake_version")?,
                after: Duration::from_millis(after.try_into().unwrap_or(0)),
            })
        };
        Ok(Outbox {
            replies: self.replies("ORDER BY number")?,
            call: self.call()?,
            reminder: self.tx.query_row(sql, [self.user], reminder).optional()?,
        })
    }

    /// The first entry of a lane.
    pub fn head(&self, lane: Lane) -> rusqlite::Result<Option<Work>> {
        let first = "AND number = (SELECT min(number) FROM reply WHERE user = ?1)";
        Ok(match lane {
            Lane::Replies => self.replies(first)?.pop().map(Work::Reply),
            Lane::Call => self.call()?.map(Work::Call),
        })
    }

    /// The first entry of a lane, if it makes work: not a reply that the user fetches.
    pub fn first(&self, lane: Lane) -> rusqlite::Result<Option<Work>> {
        match lane {
            Lane::Replies if self.replies("AND is_push")?.is_empty() => Ok(None),
            _ => self.head(lane),
        }
    }

    /// Removes replies: with the first one its postponement, and with the last one the lease.
    pub fn remove_replies(&self, which: &str) -> rusqlite::Result<()> {
        let first = self.head(Lane::Replies)?.as_ref().map(entry);
        self.execute(&format!("DELETE FROM reply WHERE user = ?1 AND {which}"))?;
        let next = self.head(Lane::Replies)?.as_ref().map(entry);
        let is_postponed = self.lane(Lane::Replies)?.is_postponed(self.now);
        if next.is_none() || (next != first && is_postponed) {
            self.free(Lane::Replies)?;
        }
        Ok(())
    }

    pub fn lane(&self, lane: Lane) -> rusqlite::Result<LaneRow> {
        let sql = "SELECT holder, length, until FROM lane WHERE user = ?1 AND lane = ?2";
        let row = self
            .tx
            .query_row(sql, params![self.user, name(lane)], |row| {
                Ok(LaneRow {
                    holder: row.get(0)?,
                    length: row.get(1)?,
                    until: row.get(2)?,
                })
            });
        Ok(row.optional()?.unwrap_or_default())
    }

    /// Takes the lease on a lane, or postpones its first entry if there is no holder.
    pub fn set_lane(
        &self,
        lane: Lane,
        holder: Option<&LeaseHolder>,
        time: Duration,
    ) -> rusqlite::Result<()> {
        let holder = holder.map(LeaseHolder::to_string);
        let until = self.later(time);
        let row = params![self.user, name(lane), holder, millis(time), until];
        let sql = "REPLACE INTO lane VALUES (?1, ?2, ?3, ?4, ?5)";
        self.tx.execute(sql, row).map(drop)
    }

    pub fn free(&self, lane: Lane) -> rusqlite::Result<()> {
        let sql = "DELETE FROM lane WHERE user = ?1 AND lane = ?2";
        self.tx
            .execute(sql, params![self.user, name(lane)])
            .map(drop)
    }

    /// Takes the lease and counts an attempt at the first entry, if that is due.
    pub fn hand_out(
        &self,
        lane: Lane,
        holder: &LeaseHolder,
        length: Duration,
    ) -> rusqlite::Result<Option<Work>> {
        let Some(mut work) = self.first(lane)? else {
            return Ok(None);
        };
        if self.lane(lane)?.is_postponed(self.now) {
            return Ok(None);
        }
        self.set_lane(lane, Some(holder), length)?;
        match &mut work {
            Work::Reply(reply) => {
                reply.attempt += 1;
                // Before it is sent: this worker may never say what became of it.
                let sql = "UPDATE reply SET attempt = ?2, in_doubt = TRUE \
                           WHERE user = ?1 AND id = ?3";
                let id = reply.id.to_string();
                self.tx
                    .execute(sql, params![self.user, reply.attempt, id])?;
            }
            Work::Call(call) => {
                call.attempt += 1;
                let sql = "UPDATE call SET attempt = ?2 WHERE user = ?1";
                self.tx.execute(sql, params![self.user, call.attempt])?;
            }
        }
        Ok(Some(work))
    }

    /// Uncounts the attempt at the first entry, which the holder has at hand: an earlier copy of
    /// its settlement has handed it out.
    pub fn take_back(&self, lane: Lane) -> rusqlite::Result<()> {
        self.execute(match lane {
            Lane::Replies => {
                "UPDATE reply SET attempt = max(0, attempt - 1), in_doubt = attempt > 1 \
                 WHERE number = (SELECT min(number) FROM reply WHERE user = ?1)"
            }
            Lane::Call => "UPDATE call SET attempt = max(0, attempt - 1) WHERE user = ?1",
        })
        .map(drop)
    }

    /// A lane, as a commit is told of it that added this entry for this holder.
    pub fn state(
        &self,
        lane: Lane,
        added: Option<EntryId>,
        holder: Option<LeaseHolder>,
    ) -> rusqlite::Result<LaneState> {
        let first = self.first(lane)?;
        let is_added = added.is_some() && first.as_ref().map(entry) == added;
        let row = self.lane(lane)?;
        Ok(if row.held_for(self.now).is_some() {
            match is_added && holder.is_some_and(|holder| row.belongs_to(&holder)) {
                true => LaneState::Acquired,
                false => LaneState::Held,
            }
        } else if first.is_some() && !row.is_postponed(self.now) {
            LaneState::Due
        } else if self.head(lane)?.is_some() {
            LaneState::Later
        } else {
            LaneState::Empty
        })
    }

    /// Makes the row that all entries need.
    pub fn begin(&self) -> rusqlite::Result<()> {
        let sql = "INSERT OR IGNORE INTO outbox (user, format, kept_until) VALUES (?1, ?2, 0)";
        self.tx.execute(sql, params![self.user, FORMAT]).map(drop)
    }

    /// Plans when the user is due, and renews the retention. After every change.
    pub fn save(&self) -> rusqlite::Result<()> {
        let mut work_due = None;
        for lane in [Lane::Replies, Lane::Call] {
            if self.first(lane)?.is_some() {
                let row = self.lane(lane)?;
                let waits = row.held_for(self.now).is_some() || row.is_postponed(self.now);
                let due = if waits { row.until } else { self.now };
                work_due = Some(work_due.map_or(due, |other: Millis| other.min(due)));
            }
        }
        // A wake-up is kept for a retention after it is due.
        let sql = "UPDATE outbox SET work_due = ?2, kept_until = max(?3, ifnull(wake_up, 0)) + ?4 \
                   WHERE user = ?1";
        let retention = millis(RETENTION);
        self.tx
            .execute(sql, params![self.user, work_due, self.now, retention])?;
        self.execute(
            "DELETE FROM outbox WHERE user = ?1 AND wake_up IS NULL \
             AND NOT EXISTS (SELECT 1 FROM reply WHERE user = ?1) \
             AND NOT EXISTS (SELECT 1 FROM call WHERE user = ?1)",
        )?;
        // With an outbox, the tombstone is kept, and the id of its commit.
        let row = params![self.user, self.now];
        let longer = "SET kept_until = max(kept_until, \
                      ifnull((SELECT kept_until FROM outbox WHERE user = ?1), 0)) \
                      WHERE user = ?1 AND kept_until > ?2";
        self.tx.execute(&format!("UPDATE session {longer}"), row)?;
        let newest = "version = (SELECT version FROM session WHERE user = ?1)";
        let sql = format!("UPDATE recorded {longer} AND {newest}");
        self.tx.execute(&sql, row)?;
        Ok(())
    }
}

/// The id of an entry.
pub fn entry(work: &Work) -> EntryId {
    match work {
        Work::Reply(reply) => EntryId::Reply(reply.id),
        Work::Call(call) => EntryId::Call(call.key),
    }
}

fn reply(row: &Row<'_>) -> rusqlite::Result<QueuedReply> {
    Ok(QueuedReply {
        id: parsed(row, "id")?,
        body: row.get::<_, Vec<u8>>("body")?.into(),
        to: row.get::<_, Option<String>>("recipient")?.map(Into::into),
        is_outcome: row.get("is_outcome")?,
        attempt: row.get("attempt")?,
        in_doubt: row.get("in_doubt")?,
    })
}

/// What a column holds in its text form.
fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let unreadable = |why| Error::FromSqlConversionFailure(0, Type::Text, Box::new(why));
    text.parse().map_err(unreadable)
}
