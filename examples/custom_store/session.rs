//! Sessions and recorded commit ids, as they stand in the tables.

use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use vimbiso_state::session::{Corruption, Record};
use vimbiso_state::store::{Done, Loaded, Precondition, Session, StoredToken};
use vimbiso_state::{CommitId, Direction};

use crate::database::Millis;

/// What stands under a user.
pub fn load(
    tx: &Transaction<'_>,
    user: &str,
    commit: Option<CommitId>,
    now: Millis,
) -> rusqlite::Result<Loaded> {
    let found = tx
        .query_row(
            "SELECT * FROM session WHERE user = ?1 AND until > ?2",
            params![user, now],
            |row| session(row, now),
        )
        .optional()?;
    let (session, basis) = found.unwrap_or((Session::New, Precondition::new([])));
    let done = commit
        .map(|id| done(tx, user, id, now))
        .transpose()?
        .flatten();
    Ok(Loaded {
        session,
        basis,
        token: token(tx, user, now)?,
        done,
    })
}

/// A session, and a basis to know it again by: its version, and how it was found.
fn session(row: &Row<'_>, now: Millis) -> rusqlite::Result<(Session, Precondition)> {
    let live = row.get::<_, Millis>("expires")? > now;
    let version: String = row.get("version")?;
    let (session, how) = match record(row)? {
        Some(record) if live => (Session::Live(Arc::new(record)), "live"),
        Some(record) => (Session::Expired(record.tombstone()), "expired"),
        None => {
            let state = Some((row.get("format")?, row.get::<_, String>("state")?.into()));
            (
                Session::Corrupt {
                    why: Corruption::Record,
                    version: version.parse().ok(),
                    state,
                },
                "damaged",
            )
        }
    };
    Ok((
        session,
        Precondition::new(format!("{how} {version}").into_bytes()),
    ))
}

/// The record, unless somebody has spoilt it.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<Record>> {
    let text = |column: &str| row.get::<_, String>(column);
    let (Ok(version), Ok(commit_id), Ok(direction)) = (
        text("version")?.parse(),
        text("commit_id")?.parse(),
        text("direction")?.parse::<Direction>(),
    ) else {
        return Ok(None);
    };
    Ok(Some(Record {
        version,
        commit_id,
        format: row.get("format")?,
        stage: text("stage")?.into(),
        option: row.get::<_, Option<String>>("option")?.map(Into::into),
        direction,
        menu: row.get::<_, Option<String>>("menu")?.map(Into::into),
        state: text("state")?.into(),
    }))
}

/// Writes a session whole. One that lives has begun before.
pub fn write(
    tx: &Transaction<'_>,
    user: &str,
    record: &Record,
    times: [Millis; 3],
) -> rusqlite::Result<()> {
    let [began, expires, until] = times;
    tx.execute(
        "REPLACE INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            user,
            record.version.to_string(),
            record.commit_id.to_string(),
            record.format,
            record.stage,
            record.option,
            record.direction.name(),
            record.menu,
            record.state,
            began,
            expires,
            until,
        ],
    )?;
    Ok(())
}

/// When the live session began, or now where none is.
pub fn began(tx: &Transaction<'_>, user: &str, now: Millis) -> rusqlite::Result<Millis> {
    let sql = "SELECT began FROM session WHERE user = ?1 AND expires > ?2";
    Ok(tx
        .query_row(sql, params![user, now], |row| row.get(0))
        .optional()?
        .unwrap_or(now))
}

/// What is recorded under a commit id.
pub fn done(
    tx: &Transaction<'_>,
    user: &str,
    id: CommitId,
    now: Millis,
) -> rusqlite::Result<Option<CommitStatus>> {
    let sql = "SELECT version, reply FROM done WHERE user = ?1 AND id = ?2 AND until > ?3";
    tx.query_row(sql, params![user, id.to_string(), now], |row| {
        let version = row
            .get::<_, Option<String>>("version")?
            .and_then(|version| version.parse().ok());
        let reply = row.get::<_, Option<Vec<u8>>>("reply")?.map(Into::into);
        Ok(
            version.map_or(CommitStatus::Fenced, |version| CommitStatus::Applied {
                version,
                reply,
            }),
        )
    })
    .optional()
}

pub fn record_done(
    tx: &Transaction<'_>,
    user: &str,
    id: CommitId,
    done: &Done,
    until: Millis,
) -> rusqlite::Result<()> {
    let (version, reply) = match done {
        CommitStatus::Applied { version, reply } => (Some(version.to_string()), reply.as_deref()),
        CommitStatus::Fenced => (None, None),
    };
    tx.execute(
        "REPLACE INTO done VALUES (?1, ?2, ?3, ?4, ?5)",
        params![user, id.to_string(), version, reply, until],
    )?;
    Ok(())
}

pub fn token(
    tx: &Transaction<'_>,
    user: &str,
    now: Millis,
) -> rusqlite::Result<Option<StoredToken>> {
    let sql = "SELECT text FROM token WHERE user = ?1 AND until > ?2";
    tx.query_row(sql, params![user, now], |row| row.get::<_, String>(0))
        .optional()
        .map(|text| text.map(StoredToken::new))
}

/// Frees what is over, a little with every commit.
pub fn sweep(tx: &Transaction<'_>, now: Millis) -> rusqlite::Result<()> {
    for table in ["session", "done", "token", "claim"] {
        let some = format!("SELECT rowid FROM {table} WHERE until <= ?1 LIMIT 100");
        tx.execute(
            &format!("DELETE FROM {table} WHERE rowid IN ({some})"),
            params![now],
        )?;
    }
    Ok(())
}
