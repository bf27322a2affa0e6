//! Five keys: data, stage, option and direction, each a plain text of its own, and the token.

use std::borrow::Cow;
use std::sync::Arc;

use redis::{Pipeline, Value};

use super::keys::{Key, Keys};
use super::layout::Layout;
use super::reply::{self, ReplyError};
use super::script::{FIVE_KEYS, ScriptCall, milliseconds};
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
    ) -> ScriptCall {
        let record = request.record;
        let lifetime = milliseconds(request.max_lifetime);
        let mut call = FIVE_KEYS.commit(keys, COMMITTED, request, retention);
        call.arg(expected.parts)
            .arg(expected.text)
            .arg(&*record.data)
            .arg(&*record.stage)
            .arg(record.option.as_deref().unwrap_or(""))
            .arg(record.direction.name());
        match expected.start {
            Some(start) => call
                .arg(line.started_at(start))
                .arg(start.saturating_add_unsigned(lifetime)),
            None => call
                .arg(&line.before_start)
                .arg(&line.after_start)
                .arg(lifetime),
        };
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
    fn session(self, line: VersionLine, kept: bool) -> Session {
        let parts = self.parts();
        if parts == 0 {
            return Session::Expired(line.tombstone);
        }
        let whole = parts == line.parts;
        let version = line.tombstone.version;
        let flow = line.tombstone.flow.clone();
        let format = line.format;
        let (data, why) = match self.record(line) {
            Ok(record) if whole && kept => return Session::Live(Arc::new(record)),
            Ok(record) if whole => (Some(record.data), Corruption::CommitIds),
            Ok(record) => (Some(record.data), Corruption::Torn),
            Err(data) if whole => (data, Corruption::Record),
            Err(data) => (data, Corruption::Torn),
        };
        Session::Corrupt {
            why,
            flow: Some(flow),
            version: Some(version),
            data: data
                .filter(|data| !data.is_empty())
                .map(|data| (format, data)),
        }
    }

    /// The values of the session keys; the line adds what has no key.
    ///
    /// # Errors
    /// The data, if it is text and another value is not what this crate writes.
    fn record(self, line: VersionLine) -> Result<Record, Option<Box<str>>> {
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
            flow: line.tombstone.flow,
            version: line.tombstone.version,
            entered_by: line.tombstone.entered_by,
            format: line.format,
            stage,
            option,
            direction,
            menu: line.menu,
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
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;
    use crate::id::UserId;
    use crate::session::Version;
    use crate::store::redis::wire::fixture;
    use crate::store::redis::wire::keys::KeyNaming;

    const LINE: &str = "1 cafe 42 000000000000000000000000000000ab 11 1763863200000 3 menu ~ \
                        000000000000000000000000000000cd ~";

    fn session(line: &str, [data, stage, option, direction]: [&str; 4]) -> Session {
        read(line, [data, stage, option, direction], true)
    }

    fn read(line: &str, [data, stage, option, direction]: [&str; 4], kept: bool) -> Session {
        let found = [line, data, stage, option, direction];
        let mut found = found.map(|text| Value::BulkString(text.into())).to_vec();
        found.push(Value::Int(kept.into()));
        FiveKeys.loaded(found).unwrap().session
    }

    #[test]
    fn live_session_without_commit_ids_is_corrupt() {
        let lost = read(LINE, ["{}", "menu", "", "OUT"], false);
        let Session::Corrupt { why, data, .. } = lost else {
            panic!("{lost:?}")
        };
        assert_eq!(why, Corruption::CommitIds);
        assert_eq!(data, Some((3, "{}".into())));
        assert!(matches!(read("", [""; 4], false), Session::New));
        assert!(matches!(read(LINE, [""; 4], false), Session::Expired(_)));
    }

    #[test]
    fn line_and_keys_decide_what_a_session_is() {
        let whole = ["{}", "menu", "", "OUT"];
        assert!(matches!(session(LINE, whole), Session::Live(_)));
        assert!(matches!(session("", [""; 4]), Session::New));
        let Session::Expired(tombstone) = session(LINE, [""; 4]) else {
            panic!("not expired")
        };
        assert_eq!((&*tombstone.stage, tombstone.option), ("menu", None));
        for keys in [whole, [""; 4]] {
            let newer = session("9 later", keys);
            assert!(
                matches!(newer, Session::Newer { found: 9, .. }),
                "{newer:?}"
            );
        }
        assert_eq!(corrupt("junk", whole), (Corruption::Record, None, None));
    }

    /// What is wrong with a session, its revision and its data.
    fn corrupt(line: &str, keys: [&str; 4]) -> (Corruption, Option<u64>, Option<Box<str>>) {
        let Session::Corrupt {
            why, version, data, ..
        } = session(line, keys)
        else {
            panic!("{keys:?} are not corrupt")
        };
        let data = data.map(|(format, data)| {
            assert_eq!(format, 3);
            data
        });
        (why, version.map(|version| version.revision), data)
    }

    #[test]
    fn missing_or_surplus_keys_tear_a_session() {
        let whole = ["{}", "menu", "", "OUT"];
        assert_eq!(corrupt("", whole), (Corruption::Torn, None, None));
        let no_data = ["", "menu", "", "OUT"];
        assert_eq!(corrupt(LINE, no_data), (Corruption::Torn, Some(42), None));
        let surplus = ["{}", "menu", "more", "OUT"];
        for torn in [["{}", "", "", "OUT"], surplus, ["{}", "", "", ""]] {
            let expected = (Corruption::Torn, Some(42), Some("{}".into()));
            assert_eq!(corrupt(LINE, torn), expected);
        }
    }

    #[test]
    fn unreadable_names_leave_the_data() {
        for junk in [["{}", "two words", "", "OUT"], ["{}", "menu", "", "out"]] {
            let expected = (Corruption::Record, Some(42), Some("{}".into()));
            assert_eq!(corrupt(LINE, junk), expected);
        }
    }

    #[test]
    fn the_script_reads_as_much_as_a_load() {
        for (key, (_, max)) in READ.iter().enumerate() {
            let read = format!("call('GETRANGE', KEYS[{}], '0', '{max}')", key + 1);
            assert!(FIVE_KEYS.text.contains(&read), "{read}");
        }
    }

    #[test]
    fn a_commit_is_built_in_one_piece() {
        // A number that starts with zeros is written in two steps.
        let id: CommitId = "f".repeat(32).parse().unwrap();
        let record = Arc::new(Record {
            version: Version {
                revision: 1,
                tag: u128::MAX,
            },
            entered_by: id,
            data: "x".repeat(5000).into(),
            ..fixture::record(None, None)
        });
        let expected = Expected {
            start: None,
            parts: 0,
            text: &[b'x'; 2000],
        };
        let request = CommitRequest {
            id: &id,
            precondition: &expected.encode(),
            record: &record,
            reply: Some(&[b'x'; 3000]),
            drop_token: false,
            ttl: Duration::from_secs(300),
            max_lifetime: Duration::from_secs(3600),
            deadline: Instant::now(),
        };
        let keys = KeyNaming::default().keys(&UserId::new("263771234567").unwrap());
        let line = NewLine::of(&record).unwrap();
        let commit = || FiveKeys.commit(&keys, &request, &expected, &line, 1);
        commit();
        let built = allocation_counter::measure(|| drop(commit()));
        // The keys and the list of them, the record of the commit, the line's two ends, and the
        // call: a text and a list of its words.
        assert!(built.count_total <= 15, "{} allocations", built.count_total);
        assert!(built.bytes_total < 16_000, "{} bytes", built.bytes_total);
    }

    proptest! {
        #[test]
        fn junk_never_panics(values: Vec<Vec<u8>>) {
            let _ = FiveKeys.loaded(values.into_iter().map(Value::BulkString).collect());
        }
    }
}
