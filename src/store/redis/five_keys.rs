//! The specification's five keys: state, stage, option, direction and token, each a plain text of its own.

use std::borrow::Cow;
use std::sync::Arc;

use redis::{Cmd, Pipeline, Value};

use super::fault::Fault;
use super::keys::{Key, Keys};
use super::line::{self, FORM, Line, NoLine, Unbegun, is_word, part};
use super::precondition::Ground;
use super::script::{FIVE_KEYS, millis};
use super::{command, one_key, reply};
use crate::id::CommitId;
use crate::session::{Corruption, Record};
use crate::store::{CommitRequest, Loaded, Precondition, Session};

/// What a load reads of a user, in this order, each with the most bytes that are taken for ours.
pub(super) const READ: [(Key, usize); 5] = [
    (Key::VERSION, line::MAX_LEN),
    (Key::STATE, Record::MAX_DATA),
    (Key::STAGE, Record::MAX_NAME),
    (Key::OPTION, Record::MAX_NAME),
    (Key::DIRECTION, Record::MAX_NAME),
];

/// What a commit works on, as its script numbers them.
const COMMITTED: [Key; 8] = {
    let [done_0, done_1] = Key::DONE;
    [
        Key::VERSION,
        Key::STATE,
        Key::STAGE,
        Key::OPTION,
        Key::DIRECTION,
        Key::TOKEN,
        done_0,
        done_1,
    ]
};

pub(super) fn reads(keys: &Keys, commit: Option<&CommitId>) -> Pipeline {
    command::reads(keys, READ, commit)
}

pub(super) fn commit(
    keys: &Keys,
    commit: &CommitRequest<'_>,
    ground: &Ground<'_>,
    line: &Unbegun,
    retention: u64,
) -> Cmd {
    let record = commit.record;
    let mut call = FIVE_KEYS.commit(keys, COMMITTED, commit, retention);
    call.arg(ground.parts).arg(ground.text);
    call.arg(&*record.data)
        .arg(&*record.stage)
        .arg(record.option.as_deref().unwrap_or(""))
        .arg(record.direction.name());
    match ground.began {
        Some(began) => call
            .arg(line.began(began))
            .arg(began.saturating_add_unsigned(millis(commit.max_lifetime))),
        None => call
            .arg(&line.head)
            .arg(&line.tail)
            .arg(millis(commit.max_lifetime)),
    };
    call
}

/// The ground of the commit after this one.
pub(super) fn next(line: &Unbegun, began: i64) -> Precondition {
    Ground {
        began: Some(began),
        parts: line.parts,
        text: line.began(began).as_bytes(),
    }
    .basis()
}

pub(super) fn loaded(values: Vec<Value>) -> Result<Loaded, Fault> {
    let ([line, state, stage, option, direction], commit_status) = reply::read(values, READ)?;
    if one_key::holds_session(&state) {
        return Err(Fault::OTHER_LAYOUT);
    }
    let found = Found {
        state,
        stage,
        option,
        direction,
    };
    let (parts, parsed) = (found.parts(), Line::parse(&line));
    let began = parsed
        .as_ref()
        .ok()
        .filter(|line| line.parts == parts)
        .map(|line| line.began);
    let precondition = Ground {
        began,
        parts,
        text: &line,
    }
    .basis();
    let session = match parsed {
        Ok(line) => found.session(parts, line),
        Err(_) if line.is_empty() && parts == 0 => Session::New,
        Err(NoLine::Newer(found)) => Session::Newer { found, known: FORM },
        Err(NoLine::Foreign) => {
            let why = if line.is_empty() {
                Corruption::Torn
            } else {
                Corruption::Record
            };
            Session::Corrupt {
                why,
                version: None,
                data: None,
            }
        }
    };
    Ok(Loaded {
        session,
        precondition,
        commit_status,
    })
}

/// The session's own keys; what is not there is empty.
struct Found {
    state: Vec<u8>,
    stage: Vec<u8>,
    option: Vec<u8>,
    direction: Vec<u8>,
}

impl Found {
    fn parts(&self) -> u8 {
        let of = |part: &[u8], bit| if part.is_empty() { 0 } else { bit };
        of(&self.state, part::STATE)
            + of(&self.stage, part::STAGE)
            + of(&self.option, part::OPTION)
            + of(&self.direction, part::DIRECTION)
    }

    fn session(self, parts: u8, line: Line) -> Session {
        if parts == 0 {
            return Session::Expired(line.trace);
        }
        let whole = parts == line.parts;
        let (version, format) = (line.trace.version, line.format);
        match self.record(line) {
            Ok(record) if whole => Session::Live(Arc::new(record)),
            damaged => {
                let why = if whole {
                    Corruption::Record
                } else {
                    Corruption::Torn
                };
                let state = damaged
                    .map_or_else(|state| state, |record| Some(record.data))
                    .filter(|state| !state.is_empty());
                Session::Corrupt {
                    why,
                    version: Some(version),
                    data: state.map(|state| (format, state)),
                }
            }
        }
    }

    /// The keys say where the session stands, and the line what has no key. The state, where it alone is a text.
    fn record(self, line: Line) -> Result<Record, Option<Box<str>>> {
        let state = String::from_utf8(self.state)
            .map_err(|_| None)?
            .into_boxed_str();
        let direction = std::str::from_utf8(&self.direction)
            .ok()
            .and_then(|name| name.parse().ok());
        let option = if self.option.is_empty() {
            Some(None)
        } else {
            name(self.option).map(Some)
        };
        let (Some(stage), Some(option), Some(direction)) = (name(self.stage), option, direction)
        else {
            return Err(Some(state));
        };
        let Line {
            trace,
            format,
            menu,
            ..
        } = line;
        Ok(Record {
            version: trace.version,
            entered_by: trace.entered_by,
            format,
            stage,
            option,
            direction,
            menu,
            data: state,
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = "1 42 000000000000000000000000000000ab 11 1763863200000 3 menu ~ 000000000000000000000000000000cd ~";

    fn session(line: &str, [state, stage, option, direction]: [&str; 4]) -> Session {
        let found =
            [line, state, stage, option, direction].map(|text| Value::BulkString(text.into()));
        loaded(found.to_vec()).unwrap().session
    }

    #[test]
    fn what_is_missing_decides_what_it_is() {
        let whole = ["{}", "menu", "", "OUT"];
        assert!(matches!(session(LINE, whole), Session::Live(_)));
        assert!(matches!(session("", [""; 4]), Session::New));
        assert!(
            matches!(session(LINE, [""; 4]), Session::Expired(trace) if trace.stage == "menu" && trace.option.is_none())
        );
        assert!(matches!(
            session("", whole),
            Session::Corrupt {
                why: Corruption::Torn,
                version: None,
                data: None
            }
        ));
        assert!(matches!(
            session("9 later", whole),
            Session::Newer {
                found: 9,
                known: FORM
            }
        ));
        assert!(matches!(session("9 later", [""; 4]), Session::Newer { .. }));
        assert!(matches!(
            session("junk", whole),
            Session::Corrupt {
                why: Corruption::Record,
                ..
            }
        ));
        for torn in [
            ["{}", "", "", "OUT"],
            ["{}", "menu", "more", "OUT"],
            ["{}", "", "", ""],
        ] {
            let Session::Corrupt {
                why: Corruption::Torn,
                version: Some(version),
                data: state,
            } = session(LINE, torn)
            else {
                panic!()
            };
            assert_eq!((version.revision, state), (42, Some((3, "{}".into()))));
        }
        assert!(matches!(
            session(LINE, ["", "menu", "", "OUT"]),
            Session::Corrupt {
                why: Corruption::Torn,
                data: None,
                ..
            }
        ));
        for junk in [["{}", "two words", "", "OUT"], ["{}", "menu", "", "out"]] {
            assert!(matches!(
                session(LINE, junk),
                Session::Corrupt {
                    why: Corruption::Record,
                    data: Some(_),
                    ..
                }
            ));
        }
    }

    proptest! {
        #[test]
        fn junk_never_panics(values: Vec<Vec<u8>>) {
            let _ = loaded(values.into_iter().map(Value::BulkString).collect());
        }
    }
}
