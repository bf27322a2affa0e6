//! What line and keys make of a session, and how a commit is built.

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
    let commit = || FiveKeys.commit(&keys, &request, &expected, &line, 1, None);
    commit();
    let built = allocation_counter::measure(|| drop(commit()));
    // The keys and the list of them, the record of the commit, the line's two ends, and the
    // call: a text and a list of its words.
    assert!(built.count_total <= 15, "{} allocations", built.count_total);
    assert!(built.bytes_total < 16_000, "{} bytes", built.bytes_total);
}

proptest! {
    #[test]
    fn junk_never_panics(
        junk in [(); 5].map(|()| proptest::option::weighted(0.3, any::<Vec<u8>>())),
        kept: bool,
    ) {
        // A whole session, with junk in some of its keys.
        let whole = [LINE, "{}", "menu", "", "OUT"].map(str::as_bytes);
        let values = whole.into_iter().zip(junk);
        let values = values.map(|(ours, junk)| junk.unwrap_or(ours.into()));
        let mut values: Vec<_> = values.map(Value::BulkString).collect();
        let has_line = matches!(&values[0], Value::BulkString(line) if !line.is_empty());
        values.push(Value::Int(kept.into()));
        if let Ok(loaded) = FiveKeys.loaded(values) {
            let expected = Expected::decode(&loaded.precondition).unwrap();
            prop_assert_eq!(expected.is_lost(), has_line && !kept);
            prop_assert!(kept || !matches!(loaded.session, Session::Live(_)));
        }
    }
}
