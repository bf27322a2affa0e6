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

CREATE INDEX IF NOT EXISTS session_kept_until ON session (kept_until);
CREATE INDEX IF NOT EXISTS recorded_kept_until ON recorded (kept_until);
