//! Sessions and recorded commit ids: how they are read from the tables, and written.

use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use vimbiso_state::session::{Corruption, Record};
use vimbiso_state::store::{CommitStatus, Loaded, Precondition, Session};
use vimbiso_state::{CommitId, Direction};

use crate::database::Millis;

/// When a session started, when it expires, and until when it is told from a new one.
pub struct Times {
    pub started: Millis,
    pub expires: Millis,
    pub kept_until: Millis,
}

pub fn load(
    tx: &Transaction<'_>,
    user: &str,
    commit: Option<CommitId>,
    now: Millis,
) -> rusqlite::Result<Loaded> {
    let found = tx
        .query_row(
            "SELECT * FROM session WHERE user = ?1 AND kept_until > ?2",
            params![user, now],
            |row| session(row, now),
        )
        .optional()?;
    let (session, precondition) = found.unwrap_or((Session::New, Precondition::new([])));
    let commit_status = match commit {
        Some(id) => commit_status(tx, user, id, now)?,
        None => None,
    };
    Ok(Loaded {
        session,
        precondition,
        commit_status,
    })
}

/// A session, and the precondition of a commit on it: its version, and how it was found.
fn session(row: &Row<'_>, now: Millis) -> rusqlite::Result<(Session, Precondition)> {
    let version: String = row.get("version")?;
    let is_live = row.get::<_, Millis>("expires")? > now;
    let (session, found) = match record(row)? {
        Some(record) if is_live => (Session::Live(Arc::new(record)), "live"),
        Some(record) => (Session::Expired(record.tombstone()), "expired"),
        None => {
            let data = (row.get("format")?, row.get::<_, String>("data")?.into());
            let session = Session::Corrupt {
                why: Corruption::Record,
                flow: Some(row.get::<_, String>("flow")?.into()),
                version: version.parse().ok(),
                data: Some(data),
            };
            (session, "corrupt")
        }
    };
    let precondition = Precondition::new(format!("{found} {version}").into_bytes());
    Ok((session, precondition))
}

/// The record, unless one of its columns cannot be read.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<Record>> {
    let text = |column: &str| row.get::<_, String>(column);
    let text_or_none = |column: &str| row.get::<_, Option<String>>(column);
    let Ok(version) = text("version")?.parse() else {
        return Ok(None);
    };
    let Ok(entered_by) = text("entered_by")?.parse() else {
        return Ok(None);
    };
    let Ok(direction) = text("direction")?.parse::<Direction>() else {
        return Ok(None);
    };
    Ok(Some(Record {
        version,
        flow: text("flow")?.into(),
        entered_by,
        format: row.get("format")?,
        stage: text("stage")?.into(),
        option: text_or_none("option")?.map(Into::into),
        direction,
        menu: text_or_none("menu")?.map(Into::into),
        pending_call: match text_or_none("pending")?.map(|text| text.parse()) {
            None => None,
            Some(Ok(pending)) => Some(pending),
            Some(Err(_)) => return Ok(None),
        },
        data: text("data")?.into(),
    }))
}

pub fn write(
    tx: &Transaction<'_>,
    user: &str,
    record: &Record,
    times: &Times,
) -> rusqlite::Result<()> {
    tx.execute(
        "REPLACE INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            user,
            record.flow,
            record.version.to_string(),
            record.entered_by.to_string(),
            record.format,
            record.stage,
            record.option,
            record.direction.name(),
            record.menu,
            record.pending_call.map(|pending| pending.to_string()),
            record.data,
            times.started,
            times.expires,
            times.kept_until,
        ],
    )?;
    Ok(())
}

/// When the session started and when it expires, also if it is over.
pub fn times(
    tx: &Transaction<'_>,
    user: &str,
    now: Millis,
) -> rusqlite::Result<Option<(Millis, Millis)>> {
    let sql = "SELECT started, expires FROM session WHERE user = ?1 AND kept_until > ?2";
    tx.query_row(sql, params![user, now], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .optional()
}

/// What is recorded under a commit id.
pub fn commit_status(
    tx: &Transaction<'_>,
    user: &str,
    id: CommitId,
    now: Millis,
) -> rusqlite::Result<Option<CommitStatus>> {
    let sql = "SELECT version, reply FROM recorded WHERE user = ?1 AND id = ?2 AND kept_until > ?3";
    tx.query_row(sql, params![user, id.to_string(), now], |row| {
        let version: Option<String> = row.get("version")?;
        let reply: Option<Vec<u8>> = row.get("reply")?;
        Ok(match version.and_then(|version| version.parse().ok()) {
            Some(version) => CommitStatus::Applied {
                version,
                reply: reply.map(Into::into),
            },
            None => CommitStatus::Fenced,
        })
    })
    .optional()
}

pub fn record_commit(
    tx: &Transaction<'_>,
    user: &str,
    id: CommitId,
    status: &CommitStatus,
    kept_until: Millis,
) -> rusqlite::Result<()> {
    let (version, reply) = match status {
        CommitStatus::Applied { version, reply } => (Some(version.to_string()), reply.as_deref()),
        CommitStatus::Fenced => (None, None),
    };
    tx.execute(
        "REPLACE INTO recorded VALUES (?1, ?2, ?3, ?4, ?5)",
        params![user, id.to_string(), version, reply, kept_until],
    )?;
    Ok(())
}

/// The tables with a row, or several, for each user. Others hang on the outbox.
const TABLES: [&str; 5] = ["session", "recorded", "token", "lease", "outbox"];

/// Deletes all that is kept of a user but the outbox.
pub fn delete(tx: &Transaction<'_>, user: &str) -> rusqlite::Result<()> {
    for table in TABLES.into_iter().filter(|table| *table != "outbox") {
        tx.execute(&format!("DELETE FROM {table} WHERE user = ?1"), [user])?;
    }
    Ok(())
}

/// Deletes up to 100 rows a table whose time is over. Every commit does it.
pub fn sweep(tx: &Transaction<'_>, now: Millis) -> rusqlite::Result<()> {
    for table in TABLES {
        let over = format!("SELECT rowid FROM {table} WHERE kept_until <= ?1 LIMIT 100");
        tx.execute(
            &format!("DELETE FROM {table} WHERE rowid IN ({over})"),
            params![now],
        )?;
    }
    Ok(())
}
