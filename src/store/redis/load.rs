//! What a load asks, and what it makes of the answer.

use std::borrow::Cow;
use std::sync::Arc;

use redis::{Pipeline, Value};

use super::call::Request;
use super::done;
use super::fault::Fault;
use super::keys::{Key, Keys, READ};
use super::line::{FORM, Line, NoLine, is_word, part};
use crate::CommitId;
use crate::record::{Damage, Record};
use crate::store::{Basis, Loaded, Session, StoredToken};

/// One transaction, so that no commit comes between two reads: half the server's time of a script that reads the same.
pub(super) fn request(keys: &Keys, commit: Option<&CommitId>) -> Request {
    let mut reads = Pipeline::with_capacity(READ.len() + Key::DONE.len() + 2);
    reads.cmd("MULTI");
    for (key, most) in READ {
        reads.cmd("GETRANGE").arg(keys.name(key)).arg(0).arg(most);
    }
    if let Some(commit) = commit.map(CommitId::to_string) {
        for key in Key::DONE {
            reads.cmd("HGET").arg(keys.name(key)).arg(&commit);
        }
    }
    reads.cmd("EXEC");
    Request::Transaction(reads)
}

/// Reads what a load, or the refusal of a commit, answers: the six values of [`READ`], then what is recorded under the
/// commit id.
pub(super) fn loaded(values: Vec<Value>) -> Result<Loaded, Fault> {
    let mut values = values.into_iter();
    let mut read: [Vec<u8>; READ.len()] = Default::default();
    for (to, (_, most)) in read.iter_mut().zip(READ) {
        *to = bytes(values.next().unwrap_or_default())?.unwrap_or_default();
        within(to, most)?;
    }
    let mut recorded = None;
    for value in values {
        recorded = recorded.or(bytes(value)?);
    }
    let done = recorded.map(|recorded| done::parse(&recorded)).transpose()?;
    let [line, state, stage, option, direction, token] = read;
    let found = Found { line, state, stage, option, direction };
    Ok(Loaded { basis: found.basis(), session: found.session(), token: self::token(token)?, done })
}

/// A commit's basis is the version line and which keys there are: the line outlives the session, and cannot tell alone whether
/// it is alive.
pub(super) fn basis(parts: u8, line: &[u8]) -> Basis {
    Basis::new([&[parts], line].concat())
}

/// When the session of a basis began, if it is alive there.
pub(super) fn began(parts: u8, line: &[u8]) -> Option<i64> {
    Line::parse(line).ok().filter(|line| line.parts == parts).map(|line| line.began)
}

/// A token as it was read. What is no text is no token, and is not looked into.
pub(super) fn token(read: Vec<u8>) -> Result<Option<StoredToken>, Fault> {
    within(&read, StoredToken::MAX_LEN)?;
    let text = String::from_utf8(read).inspect_err(|_| tracing::warn!("Ignoring a stored token that is no text"));
    Ok(text.ok().filter(|text| !text.is_empty()).map(StoredToken::new))
}

fn within(read: &[u8], most: usize) -> Result<(), Fault> {
    if read.len() > most { Err(Fault::TOO_LARGE) } else { Ok(()) }
}

pub(super) fn bytes(value: Value) -> Result<Option<Vec<u8>>, Fault> {
    match value {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::Nil => Ok(None),
        _ => Err(Fault::NOT_OURS),
    }
}

/// The session's keys; what is not there is empty.
struct Found {
    line: Vec<u8>,
    state: Vec<u8>,
    stage: Vec<u8>,
    option: Vec<u8>,
    direction: Vec<u8>,
}

impl Found {
    fn parts(&self) -> u8 {
        let of = |part: &[u8], bit| if part.is_empty() { 0 } else { bit };
        of(&self.state, part::STATE)
            | of(&self.stage, part::STAGE)
            | of(&self.option, part::OPTION)
            | of(&self.direction, part::DIRECTION)
    }

    fn basis(&self) -> Basis {
        basis(self.parts(), &self.line)
    }

    fn session(self) -> Session {
        let parts = self.parts();
        let line = match Line::parse(&self.line) {
            Ok(line) => line,
            Err(_) if self.line.is_empty() && parts == 0 => return Session::New,
            Err(NoLine::Newer(found)) => return Session::Newer { found, known: FORM },
            Err(NoLine::Foreign) => {
                let why = if self.line.is_empty() { Damage::Torn } else { Damage::Record };
                return Session::Damaged { why, version: None, state: None };
            }
        };
        if parts == 0 {
            return Session::Expired(line.trace);
        }
        let whole = parts == line.parts;
        let (version, format) = (line.trace.version, line.format);
        match self.record(line) {
            Ok(record) if whole => Session::Live(Arc::new(record)),
            damaged => {
                let why = if whole { Damage::Record } else { Damage::Torn };
                let state = damaged.map_or_else(|state| state, |record| Some(record.state)).filter(|state| !state.is_empty());
                Session::Damaged { why, version: Some(version), state: state.map(|state| (format, state)) }
            }
        }
    }

    /// The keys say where the session stands, and the line what has no key. The state, where it alone is a text.
    fn record(self, line: Line) -> Result<Record, Option<Box<str>>> {
        let state = String::from_utf8(self.state).map_err(|_| None)?.into_boxed_str();
        let direction = std::str::from_utf8(&self.direction).ok().and_then(|name| name.parse().ok());
        let option = if self.option.is_empty() { Some(None) } else { name(self.option).map(Some) };
        let (Some(stage), Some(option), Some(direction)) = (name(self.stage), option, direction) else { return Err(Some(state)) };
        let Line { trace, format, menu, .. } = line;
        Ok(Record { version: trace.version, commit_id: trace.commit_id, format, stage, option, direction, menu, state })
    }
}

fn name(text: Vec<u8>) -> Option<Cow<'static, str>> {
    String::from_utf8(text).ok().filter(|name| is_word(name, Record::MAX_NAME)).map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = "1 42 000000000000000000000000000000ab 11 1763863200000 3 menu ~ 000000000000000000000000000000cd ~";

    fn session(line: &str, [state, stage, option, direction]: [&str; 4]) -> Session {
        let found = [line, state, stage, option, direction, ""].map(|text| Value::BulkString(text.into()));
        loaded(found.to_vec()).unwrap().session
    }

    #[test]
    fn what_is_missing_decides_what_it_is() {
        let whole = ["{}", "menu", "", "OUT"];
        assert!(matches!(session(LINE, whole), Session::Live(_)));
        assert!(matches!(session("", [""; 4]), Session::New));
        assert!(matches!(session(LINE, [""; 4]), Session::Expired(trace) if trace.stage == "menu" && trace.option.is_none()));
        assert!(matches!(session("", whole), Session::Damaged { why: Damage::Torn, version: None, state: None }));
        assert!(matches!(session("9 later", whole), Session::Newer { found: 9, known: FORM }));
        assert!(matches!(session("9 later", [""; 4]), Session::Newer { .. }));
        assert!(matches!(session("junk", whole), Session::Damaged { why: Damage::Record, .. }));
        for torn in [["{}", "", "", "OUT"], ["{}", "menu", "more", "OUT"], ["{}", "", "", ""]] {
            let Session::Damaged { why: Damage::Torn, version: Some(version), state } = session(LINE, torn) else { panic!() };
            assert_eq!((version.revision, state), (42, Some((3, "{}".into()))));
        }
        assert!(matches!(session(LINE, ["", "menu", "", "OUT"]), Session::Damaged { why: Damage::Torn, state: None, .. }));
        for junk in [["{}", "two words", "", "OUT"], ["{}", "menu", "", "out"]] {
            assert!(matches!(session(LINE, junk), Session::Damaged { why: Damage::Record, state: Some(_), .. }));
        }
    }

    proptest! {
        #[test]
        fn junk_never_panics(values: Vec<Vec<u8>>) {
            let _ = loaded(values.into_iter().map(Value::BulkString).collect());
        }
    }
}
