//! One key for a whole session: a line, and below it the state.
//!
//! ```text
//! 1 42 9f86d081884c7d659a2feaa0c55ad015 11 1763863200000 1 handle_action_menu ~ 2c26b46b68ffc68ff99b453c1d304134 ~ OUT
//! {"page_number":1}
//! ```
//! The first line is the [version line](super::line) and the direction; `_version` holds it too, without the direction, for as long
//! as the retention. The server compares no more of a session than the line's beginning, up to its tag, which no two attempts share.

use std::sync::Arc;

use redis::{Cmd, Pipeline, Value};

use super::fault::Fault;
use super::keys::{Key, Keys};
use super::line::{self, FORM, Line, NoLine, Unbegun};
use super::precondition::Ground;
use super::script::{ONE_KEY, millis};
use super::{command, reply};
use crate::id::{CommitId, Direction};
use crate::session::{Corruption, Record, Tombstone};
use crate::store::{CommitRequest, Loaded, Precondition, Session};

/// The longest first line, its end and the direction included.
const MAX_HEAD: usize = line::MAX_LEN + " OUT\n".len();

/// What a load reads of a user, in this order, each with the most bytes that are taken for ours.
pub(super) const READ: [(Key, usize); 2] = [
    (Key::STATE, MAX_HEAD + Record::MAX_DATA),
    (Key::VERSION, line::MAX_LEN),
];

/// What a commit works on, as its script numbers them.
const COMMITTED: [Key; 5] = {
    let [done_0, done_1] = Key::DONE;
    [Key::STATE, Key::VERSION, Key::TOKEN, done_0, done_1]
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
    let (direction, state) = (commit.record.direction.name(), &*commit.record.data);
    let mut call = ONE_KEY.commit(keys, COMMITTED, commit, retention);
    let (session, trace) = if ground.parts == NONE {
        (&[][..], ground.text)
    } else {
        (ground.text, &[][..])
    };
    let last = if ground.began.is_some() {
        session.len().saturating_sub(1)
    } else {
        MAX_HEAD
    };
    call.arg(session).arg(last);
    match ground.began {
        Some(began) => {
            let line = line.began(began);
            call.arg([&line, " ", direction, "\n", state].concat())
                .arg(line);
            call.arg(began.saturating_add_unsigned(millis(commit.max_lifetime)))
        }
        None => {
            call.arg([" ", direction, "\n", state].concat())
                .arg(&line.head)
                .arg(&line.tail);
            call.arg(millis(commit.max_lifetime)).arg(trace)
        }
    };
    call
}

/// The ground of the commit after this one.
pub(super) fn next(line: &Unbegun, began: i64) -> Precondition {
    Ground {
        began: Some(began),
        parts: SOME,
        text: line.head.as_bytes(),
    }
    .basis()
}

/// The parts of a ground: whether there is a session at all, or a trace at most.
const NONE: u8 = 0;
const SOME: u8 = 1;

pub(super) fn loaded(values: Vec<Value>) -> Result<Loaded, Fault> {
    let ([session, trace], commit_status) = reply::read(values, READ)?;
    let (ground, session) = if session.is_empty() {
        absent(&trace)
    } else {
        present(&session)?
    };
    Ok(Loaded {
        session,
        precondition: ground.basis(),
        commit_status,
    })
}

fn absent(trace: &[u8]) -> (Ground<'_>, Session) {
    let session = match Line::parse(trace) {
        Ok(line) => Session::Expired(line.trace),
        Err(_) if trace.is_empty() => Session::New,
        Err(NoLine::Newer(found)) => Session::Newer { found, known: FORM },
        Err(NoLine::Foreign) => Session::Corrupt {
            why: Corruption::Record,
            version: None,
            data: None,
        },
    };
    (
        Ground {
            began: None,
            parts: NONE,
            text: trace,
        },
        session,
    )
}

/// Whether this is a session of this layout.
pub(super) fn holds_session(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_digit)
        && matches!(
            present(bytes),
            Ok((_, Session::Live(_) | Session::Newer { .. }))
        )
}

fn present(session: &[u8]) -> Result<(Ground<'_>, Session), Fault> {
    if session.starts_with(b"{") {
        return Err(Fault::OTHER_LAYOUT);
    }
    let mut lines = session.splitn(2, |byte| *byte == b'\n');
    let (first, state) = (lines.next().unwrap_or_default(), lines.next());
    reply::within(state.unwrap_or_default(), Record::MAX_DATA)?;
    let directed = [Direction::In, Direction::Out]
        .into_iter()
        .find_map(|direction| {
            Some((
                direction,
                first
                    .strip_suffix(direction.name().as_bytes())?
                    .strip_suffix(b" ")?,
            ))
        });
    let unread = Ground {
        began: None,
        parts: SOME,
        text: session.get(..=MAX_HEAD).unwrap_or(session),
    };
    let line = match Line::parse(directed.map_or(first, |(_, line)| line)) {
        Ok(line) => line,
        Err(NoLine::Newer(found)) => return Ok((unread, Session::Newer { found, known: FORM })),
        Err(NoLine::Foreign) => {
            return Ok((
                unread,
                Session::Corrupt {
                    why: Corruption::Record,
                    version: None,
                    data: None,
                },
            ));
        }
    };
    let Line {
        trace,
        began,
        format,
        menu,
        ..
    } = line;
    let (Some((direction, _)), Some(Ok(state))) = (directed, state.map(std::str::from_utf8)) else {
        return Ok((
            unread,
            Session::Corrupt {
                why: Corruption::Record,
                version: Some(trace.version),
                data: None,
            },
        ));
    };
    let beginning = first
        .split_inclusive(|byte| *byte == b' ')
        .take(4)
        .map(<[u8]>::len)
        .sum();
    let ground = Ground {
        began: Some(began),
        parts: SOME,
        text: first.get(..beginning).unwrap_or(first),
    };
    let Tombstone {
        version,
        entered_by,
        stage,
        option,
    } = trace;
    let record = Record {
        version,
        entered_by,
        format,
        stage,
        option,
        direction,
        menu,
        data: state.into(),
    };
    Ok((ground, Session::Live(Arc::new(record))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redis::Value;

    use super::*;

    const LINE: &str = "1 42 000000000000000000000000000000ab 11 1763863200000 3 menu ~ 000000000000000000000000000000cd ~";

    fn session(session: &[u8], trace: &str) -> Result<Session, Fault> {
        let found = [session, trace.as_bytes()].map(|text| Value::BulkString(text.into()));
        loaded(found.to_vec()).map(|loaded| loaded.session)
    }

    #[test]
    fn what_stands_there_decides_what_it_is() {
        let whole = format!("{LINE} OUT\n{{}}");
        let Ok(Session::Live(record)) = session(whole.as_bytes(), "") else {
            panic!()
        };
        assert_eq!(
            (
                record.version.revision,
                &*record.stage,
                record.direction,
                &*record.data
            ),
            (42, "menu", Direction::Out, "{}")
        );
        assert!(matches!(session(b"", ""), Ok(Session::New)));
        assert!(matches!(session(b"", LINE), Ok(Session::Expired(trace)) if trace.stage == "menu"));
        assert!(matches!(
            session(b"", "9 later"),
            Ok(Session::Newer {
                found: 9,
                known: FORM
            })
        ));
        assert!(matches!(
            session(b"9 later", ""),
            Ok(Session::Newer {
                found: 9,
                known: FORM
            })
        ));
        assert!(matches!(
            session(b"9 later\n{}", ""),
            Ok(Session::Newer { .. })
        ));
        assert!(matches!(session(b"{}", ""), Err(Fault { .. })));
        let (no_state, undirected) = (format!("{LINE} OUT"), format!("{LINE} UP\n{{}}"));
        for junk in [
            &b"junk"[..],
            b"\n",
            b"\xff\n{}",
            LINE.as_bytes(),
            no_state.as_bytes(),
            undirected.as_bytes(),
        ] {
            assert!(
                matches!(
                    session(junk, LINE),
                    Ok(Session::Corrupt {
                        why: Corruption::Record,
                        data: None,
                        ..
                    })
                ),
                "{junk:?}"
            );
        }
        let not_a_text = [LINE.as_bytes(), b" IN\n\xff"].concat();
        assert!(matches!(
            session(&not_a_text, ""),
            Ok(Session::Corrupt {
                version: Some(_),
                data: None,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn junk_never_panics(values: Vec<Vec<u8>>) {
            let _ = loaded(values.into_iter().map(Value::BulkString).collect());
        }
    }
}
