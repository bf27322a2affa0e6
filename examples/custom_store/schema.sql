PRAGMA foreign_keys = ON;
-- Times are milliseconds since 1970. A row whose `kept_until` is over may still be here, and is
-- never read.
CREATE TABLE IF NOT EXISTS session (
    user       TEXT PRIMARY KEY,
    flow       TEXT NOT NULL,
    version    TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    format     INTEGER NOT NULL,
    stage      TEXT NOT NULL,
    option     TEXT,
    direction  TEXT NOT NULL,
    menu       TEXT,
    pending    TEXT, -- the call that was pending
    data       TEXT NOT NULL,
    started    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    kept_until INTEGER NOT NULL -- an expired session is told from a new one until then
);
-- A commit id that took effect, or, without a version, one that was given up.
CREATE TABLE IF NOT EXISTS recorded (
    user       TEXT NOT NULL,
    id         TEXT NOT NULL,
    version    TEXT,
    reply      BLOB,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (user, id)
);
CREATE TABLE IF NOT EXISTS token (
    user       TEXT PRIMARY KEY,
    text       TEXT NOT NULL,
    kept_until INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS lease (
    user       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    length     INTEGER NOT NULL,
    kept_until INTEGER NOT NULL
);
-- What is to be done for a user. The row is here while anything is in the tables below or a wake-up
-- is planned. What is in them is deleted with it.
CREATE TABLE IF NOT EXISTS outbox (
    user         TEXT PRIMARY KEY,
    format       INTEGER NOT NULL, -- a later release may keep outboxes in another form
    work_due     INTEGER, -- when the user is due for the work in the outbox
    wake_up      INTEGER, -- when the user is to be woken up
    wake_up_due  INTEGER, -- the same, or the end of a claim
    wake_version TEXT,    -- the version of the session that the wake-up is bound to
    kept_until   INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS reply (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    user           TEXT NOT NULL REFERENCES outbox ON DELETE CASCADE,
    id             TEXT NOT NULL,
    body           BLOB NOT NULL,
    recipient      TEXT,
    is_outcome     INTEGER NOT NULL,
    is_replaceable INTEGER NOT NULL, -- a newer one that is replaceable removes it
    is_push        INTEGER NOT NULL, -- that of the newest reply, so the same for all of a user
    is_shown       INTEGER NOT NULL DEFAULT FALSE,
    attempt        INTEGER NOT NULL DEFAULT 0,
    in_doubt       INTEGER NOT NULL DEFAULT FALSE
);
CREATE TABLE IF NOT EXISTS call (
    user      TEXT PRIMARY KEY REFERENCES outbox ON DELETE CASCADE,
    key       TEXT NOT NULL,
    body      BLOB NOT NULL,
    announced INTEGER NOT NULL,
    attempt   INTEGER NOT NULL DEFAULT 0
);
-- Who works on a lane, or until when its first entry is postponed: then there is no holder.
CREATE TABLE IF NOT EXISTS lane (
    user   TEXT NOT NULL REFERENCES outbox ON DELETE CASCADE,
    lane   TEXT NOT NULL,
    holder TEXT,
    length INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (user, lane)
);

CREATE INDEX IF NOT EXISTS outbox_work_due ON outbox (work_due);
CREATE INDEX IF NOT EXISTS outbox_wake_up_due ON outbox (wake_up_due);
CREATE INDEX IF NOT EXISTS reply_user ON reply (user, number);
CREATE INDEX IF NOT EXISTS session_kept_until ON session (kept_until);
CREATE INDEX IF NOT EXISTS recorded_kept_until ON recorded (kept_until);
