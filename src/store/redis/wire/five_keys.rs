//! Five keys: data, stage, option and direction, each a plain text of its own, and the token.

use std::borrow::Cow;
use std::sync::Arc;

use redis::{Pipeline, Value};

use super::keys::{Key, Keys};
use super::layout::Layout;
use super::outbox::OutboxArgs;
use super::reply::{self, ReplyError};
use super::script::{FIVE_KEYS, FIVE_KEYS_BOT, ScriptCall, milliseconds};
use super::version_line::{
    self, Expected, FORM, LOST, LineError, NewLine, VersionLine, is_word, part,
};
use super::{one_key, reads};
use crate::id::CommitId;
use crate::session::{Corruption, Record};
use crate::store::{CommitRequest, Loaded, Precondition, Session};

pub(super) struct FiveKeys;

/// What a load reads, in this order, each with the most bytes that this crate writes there.
const READ: [(Key, usize); 5] = [
    (Key::VERSION, version_line::MAX_LEN),
    (Key::DATA, Record::MAX_DATA),
    (Key::STAGE, Record::MAX_NAME),
    (Key::OPTION, Record::MAX_NAME),
    (Key::DIRECTION, Record::MAX_NAME),
];

/// What a commit works on, as its script numbers them.
const COMMITTED: [Key; 8] = {
    let [done_0, done_1] = Key::DONE;
    [
        Key::VERSION,
        Key::DATA,
        Key::STAGE,
        Key::OPTION,
        Key::DIRECTION,
        Key::TOKEN,
        done_0,
        done_1,
    ]
};

impl Layout for FiveKeys {
    fn reads(&self, keys: &Keys, commit: Option<&CommitId>) -> Pipeline {
        reads::transaction(keys, READ, commit)
    }

    fn loaded(&self, values: Vec<Value>) -> Result<Loaded, ReplyError> {
        let ([line, data, stage, option, direction], kept) = reply::values(values, READ)?;
        if one_key::holds_session(&data) {
            return Err(ReplyError::OtherLayout);
        }
        let values = SessionValues {
            data,
            stage,
            option,
            direction,
        };
        let mut parts = values.parts();
        if !line.is_empty() && !kept {
            parts |= LOST;
        }
        let parsed = VersionLine::parse(&line);
        // A session that is not whole ends with the next commit, which then starts a new one.
        let whole = parsed.as_ref().ok().filter(|line| line.parts == parts);
        let expected = Expected {
            start: whole.map(|line| line.start),
            parts,
            text: &line,
        };
        let precondition = expected.encode();
        let session = match parsed {
            Ok(line) => values.session(line, kept),
            Err(_) if line.is_empty() && parts == 0 => Session::New,
            Err(LineError::Newer(found)) => Session::Newer { found, known: FORM },
            Err(LineError::Foreign { flow }) => Session::Corrupt {
                flow,
                why: if line.is_empty() {
                    Corruption::Torn
                } else {
                    Corruption::Record
                },
                version: None,
                data: None,
            },
        };
        Ok(Loaded {
            session,
            precondition,
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
        let record = request.record;
        let lifetime = milliseconds(request.max_lifetime);
        let mut call = match with {
            None => FIVE_KEYS.commit(keys, COMMITTED, &[], request, retention, 0),
            Some(with) => {
                let more = with.keys(keys);
                let bytes = with.bytes();
                FIVE_KEYS_BOT.commit(keys, COMMITTED, &more, request, retention, bytes)
            }
        };
        call.arg(expected.parts)
            .arg(expected.text)
            .arg(&*record.data)
            .arg(&*record.stage)
            .arg(record.option.as_deref().unwrap_or(""))
            .arg(record.direction.name());
        match expected.start {
            Some(start) => {
                call.arg(line.started_at(start))
                    .arg(start.saturating_add_unsigned(lifetime));
                if with.is_some() {
                    call.arg("");
                }
            }
            None => {
                call.arg(&line.before_start)
                    .arg(&line.after_start)
                    .arg(lifetime);
            }
        };
        if let Some(with) = with {
            with.add_to(&mut call);
        }
        call
    }

    fn next(&self, line: &NewLine, start: i64) -> Precondition {
        let text = line.started_at(start);
        let expected = Expected {
            start: Some(start),
            parts: line.parts,
            text: text.as_bytes(),
        };
        expected.encode()
    }
}

/// The values of the session's own keys; empty if there is no key.
struct SessionValues {
    data: Vec<u8>,
    stage: Vec<u8>,
    option: Vec<u8>,
    direction: Vec<u8>,
}

impl SessionValues {
    fn parts(&self) -> u8 {
        let bit = |value: &[u8], bit| if value.is_empty() { 0 } else { bit };
        bit(&self.data, part::DATA)
            + bit(&self.stage, part::STAGE)
            + bit(&self.option, part::OPTION)
            + bit(&self.direction, part::DIRECTION)
    }

    /// `kept` says whether its commit ids are.
    fn session(self, mut line: VersionLine, kept: bool) -> Session {
        let parts = self.parts();
        if parts == 0 {
            return Session::Expired(line.tombstone);
        }
        let whole = parts == line.parts;
        let (flow, data, why) = match self.record(&mut line) {
            Ok(record) if whole && kept => return Session::Live(Arc::new(record)),
            Ok(record) => (record.flow, Some(record.data), Corruption::CommitIds),
            Err(data) => (line.tombstone.flow, data, Corruption::Record),
        };
        Session::Corrupt {
            why: if whole { why } else { Corruption::Torn },
            flow: Some(flow),
            version: Some(line.tombstone.version),
            data: data
                .filter(|data| !data.is_empty())
                .map(|data| (line.format, data)),
        }
    }

    /// The values of the session keys; what has no key is taken out of the line.
    ///
    /// # Errors
    /// The data, if it is text and another value is not what this crate writes.
    fn record(self, line: &mut VersionLine) -> Result<Record, Option<Box<str>>> {
        let data = String::from_utf8(self.data)
            .map_err(|_| None)?
            .into_boxed_str();
        let stage = name(self.stage);
        let option = if self.option.is_empty() {
            Some(None)
        } else {
            name(self.option).map(Some)
        };
        let direction = std::str::from_utf8(&self.direction)
            .ok()
            .and_then(|name| name.parse().ok());
        let (Some(stage), Some(option), Some(direction)) = (stage, option, direction) else {
            return Err(Some(data));
        };
        Ok(Record {
            flow: std::mem::take(&mut line.tombstone.flow),
            version: line.tombstone.version,
            entered_by: line.tombstone.entered_by,
            format: line.format,
            stage,
            option,
            direction,
            menu: line.menu.take(),
            pending_call: line.tombstone.pending_call,
            data,
        })
    }
}

fn name(text: Vec<u8>) -> Option<Cow<'static, str>> {
    String::from_utf8(text)
        .ok()
        .filter(|name| is_word(name, Record::MAX_NAME))
        .map(Cow::Owned)
}

#[cfg(test)]
mod tests;
