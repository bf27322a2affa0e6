-- Instants are milliseconds since 1970. What is over at its `until` may still stand here, and is never read.
CREATE TABLE IF NOT EXISTS session (
    user      TEXT PRIMARY KEY,
    version   TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    format    INTEGER NOT NULL,
    stage     TEXT NOT NULL,
    option    TEXT,
    direction TEXT NOT NULL,
    menu      TEXT,
    state     TEXT NOT NULL,
    began     INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    until     INTEGER NOT NULL -- the retention: how long an expired session is told from a new one
);
-- A commit id that took effect, or, without a version, one that was given up.
CREATE TABLE IF NOT EXISTS done (
    user    TEXT NOT NULL,
    id      TEXT NOT NULL,
    version TEXT,
    reply   BLOB,
    until   INTEGER NOT NULL,
    PRIMARY KEY (user, id)
);
CREATE TABLE IF NOT EXISTS token (user TEXT PRIMARY KEY, text TEXT NOT NULL, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS claim (user TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL);

CREATE INDEX IF NOT EXISTS session_until ON session (until);
CREATE INDEX IF NOT EXISTS done_until ON done (until);
