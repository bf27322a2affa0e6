//! One key for a whole session: a line, and below it the data.
//!
//! ```text
//! 1 cafe 42 9f86..d015 11 1763863200000 1 menu ~ 2c26..4134 ~ OUT
//! {"page_number":1}
//! ```
//! The first line is the [version line](super::version_line) and the direction. `_version` holds
//! the line too, without the direction, for the retention. The server compares no more of a session
//! than the beginning of its line, up to the tag, which no two attempts share.

use std::borrow::Cow;
use std::sync::Arc;

use redis::{Pipeline, Value};

use super::keys::{Key, Keys};
use super::layout::Layout;
use super::outbox::OutboxArgs;
use super::reads;
use super::reply::{self, ReplyError};
use super::script::{ONE_KEY, ONE_KEY_BOT, ScriptCall, milliseconds};
use super::version_line::{self, Expected, FORM, LOST, LineError, NewLine, VersionLine};
use crate::id::{CommitId, Direction};
use crate::session::{Corruption, Record, Tombstone, Version};
use crate::store::{CommitRequest, Loaded, Precondition, Session};

pub(super) struct OneKey;

/// The longest first line, with the direction and the line's end.
const MAX_HEAD: usize = version_line::MAX_LEN + " OUT\n".len();

/// What a load reads, in this order, each with the most bytes that this crate writes there.
const READ: [(Key, usize); 2] = [
    (Key::DATA, MAX_HEAD + Record::MAX_DATA),
    (Key::VERSION, version_line::MAX_LEN),
];

/// What a commit works on, as its script numbers them.
const COMMITTED: [Key; 5] = {
    let [done_0, done_1] = Key::DONE;
    [Key::DATA, Key::VERSION, Key::TOKEN, done_0, done_1]
};

/// The parts that a commit expects: no session but a tombstone at most, or a session.
const NO_SESSION: u8 = 0;
const SESSION: u8 = 1;

impl Layout for OneKey {
    fn reads(&self, keys: &Keys, commit: Option<&CommitId>) -> Pipeline {
        reads::transaction(keys, READ, commit)
    }

    fn loaded(&self, values: Vec<Value>) -> Result<Loaded, ReplyError> {
        // An expired session has no data key left, only the version line.
        let ([session, line], kept) = reply::values(values, READ)?;
        let (mut expected, mut found) = if session.is_empty() {
            without_session(&line)
        } else {
            with_session(&session, &line)?
        };
        if !kept && !matches!(found, Session::New) {
            expected.parts |= LOST;
            if let Session::Live(record) = found {
                // The next commit starts a new session.
                expected.start = None;
                expected.text = beginning(&session);
                found = without_commit_ids(&record);
            }
        }
        Ok(Loaded {
            session: found,
            precondition: expected.encode(),
            commit_status: None,
        })
    }

    fn commit(
        &self,
        keys: &Keys,
        request: &CommitRequest<'_>,
        expected: &Expected<'_>,
        line: &NewLine,
        retention: u64,
        with: Option<&OutboxArgs<'_>>,
    ) -> ScriptCall {
        let direction = request.record.direction.name();
        let data = &*request.record.data;
        let lifetime = milliseconds(request.max_lifetime);
        let mut call = match with {
            None => ONE_KEY.commit(keys, COMMITTED, &[], request, retention, 0),
            Some(with) => {
                let more = with.keys(keys);
                let bytes = with.bytes();
                ONE_KEY_BOT.commit(keys, COMMITTED, &more, request, retention, bytes)
            }
        };
        let mut session = &[][..];
        let mut tombstone = &[][..];
        if expected.parts & SESSION == 0 {
            tombstone = expected.text;
        } else {
            session = expected.text;
        }
        // Of a session that cannot be read, all of the first line is compared.
        let last_byte = match expected.start {
            Some(_) => session.len().saturating_sub(1),
            None => MAX_HEAD,
        };
        call.arg(u8::from(!expected.is_lost()))
            .arg(session)
            .arg(last_byte);
        match expected.start {
            Some(start) => {
                let line = line.started_at(start);
                call.arg([&line, " ", direction, "\n", data].concat())
                    .arg(line)
                    .arg(start.saturating_add_unsigned(lifetime));
                if with.is_some() {
                    call.arg("").arg("");
                }
            }
            // The script finds out when the session starts, and puts the line together.
            None => {
                call.arg([" ", direction, "\n", data].concat())
                    .arg(&line.before_start)
                    .arg(&line.after_start)
                    .arg(lifetime)
                    .arg(tombstone);
            }
        };
        if let Some(with) = with {
            call.arg("");
            with.add_to(&mut call);
        }
        call
    }

    fn next(&self, line: &NewLine, start: i64) -> Precondition {
        let expected = Expected {
            start: Some(start),
            parts: SESSION,
            text: line.before_start.as_bytes(),
        };
        expected.encode()
    }
}

/// Whether this is a session of this layout.
pub(super) fn holds_session(bytes: &[u8]) -> bool {
    // A line begins with the number of its form; a JSON object never begins with a digit.
    bytes.first().is_some_and(u8::is_ascii_digit)
        && matches!(
            with_session(bytes, &[]),
            Ok((_, Session::Live(_) | Session::Newer { .. }))
        )
}

fn without_session(line: &[u8]) -> (Expected<'_>, Session) {
    let expected = Expected {
        start: None,
        parts: NO_SESSION,
        text: line,
    };
    let session = match VersionLine::parse(line) {
        Ok(line) => Session::Expired(line.tombstone),
        Err(_) if line.is_empty() => Session::New,
        Err(error) => unreadable(error, None),
    };
    (expected, session)
}

/// `line` is that of `_version`, which may tell what the session's own line does not.
fn with_session<'a>(session: &'a [u8], line: &[u8]) -> Result<(Expected<'a>, Session), ReplyError> {
    // The data of a session under five keys.
    if session.starts_with(b"{") {
        return Err(ReplyError::OtherLayout);
    }
    let mut lines = session.splitn(2, |byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let data = lines.next();
    reply::check_len(data.unwrap_or_default(), Record::MAX_DATA)?;
    let directed = [Direction::In, Direction::Out]
        .into_iter()
        .find_map(|direction| {
            let line = first.strip_suffix(direction.name().as_bytes())?;
            Some((direction, line.strip_suffix(b" ")?))
        });
    let unread = Expected {
        start: None,
        parts: SESSION,
        text: beginning(session),
    };
    let line = match VersionLine::parse(directed.map_or(first, |(_, line)| line)) {
        Ok(line) => line,
        Err(error) => return Ok((unread, unreadable(error, flow_of(line)))),
    };
    let data = data.map(std::str::from_utf8);
    let (Some((direction, _)), Some(Ok(data))) = (directed, data) else {
        let Tombstone { flow, version, .. } = line.tombstone;
        return Ok((unread, corrupt(Some(flow), Some(version))));
    };
    // The form, the flow, the revision, the tag and the parts: what no two attempts share.
    let before_start: usize = first
        .split_inclusive(|byte| *byte == b' ')
        .take(5)
        .map(<[u8]>::len)
        .sum();
    let expected = Expected {
        start: Some(line.start),
        parts: SESSION,
        text: first.get(..before_start).unwrap_or(first),
    };
    let record = Record {
        flow: line.tombstone.flow,
        version: line.tombstone.version,
        entered_by: line.tombstone.entered_by,
        format: line.format,
        stage: line.tombstone.stage,
        option: line.tombstone.option,
        direction,
        menu: line.menu,
        pending_call: line.tombstone.pending_call,
        data: data.into(),
    };
    Ok((expected, Session::Live(Arc::new(record))))
}

/// As much of a session as is compared if it cannot be read: its first line at least.
fn beginning(session: &[u8]) -> &[u8] {
    session.get(..=MAX_HEAD).unwrap_or(session)
}

/// A session whose commit ids are lost.
fn without_commit_ids(record: &Record) -> Session {
    Session::Corrupt {
        why: Corruption::CommitIds,
        flow: Some(record.flow.clone()),
        version: Some(record.version),
        data: Some((record.format, record.data.clone())),
    }
}

/// The flow that a version line names.
fn flow_of(line: &[u8]) -> Option<Cow<'static, str>> {
    match VersionLine::parse(line) {
        Ok(line) => Some(line.tombstone.flow),
        Err(LineError::Foreign { flow }) => flow,
        Err(LineError::Newer(_)) => None,
    }
}

fn unreadable(error: LineError, other: Option<Cow<'static, str>>) -> Session {
    match error {
        LineError::Newer(found) => Session::Newer { found, known: FORM },
        LineError::Foreign { flow } => corrupt(flow.or(other), None),
    }
}

fn corrupt(flow: Option<Cow<'static, str>>, version: Option<Version>) -> Session {
    Session::Corrupt {
        why: Corruption::Record,
        flow,
        version,
        data: None,
    }
}

#[cfg(test)]
mod tests;
