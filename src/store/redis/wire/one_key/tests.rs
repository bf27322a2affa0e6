//! What a line and data make of a session.

use proptest::prelude::*;

use super::*;

const LINE: &str = "1 cafe 42 000000000000000000000000000000ab 11 1763863200000 3 menu ~ \
                    000000000000000000000000000000cd ~";

fn session(session: &[u8], line: &str) -> Result<Session, ReplyError> {
    read(session, line, true)
}

fn read(session: &[u8], line: &str, kept: bool) -> Result<Session, ReplyError> {
    let found = [session, line.as_bytes()].map(|text| Value::BulkString(text.into()));
    let mut found = found.to_vec();
    found.push(Value::Int(kept.into()));
    OneKey.loaded(found).map(|loaded| loaded.session)
}

#[test]
fn live_session_without_commit_ids_is_corrupt() {
    let whole = format!("{LINE} OUT\n{{}}");
    let lost = read(whole.as_bytes(), LINE, false);
    let Ok(Session::Corrupt { why, data, .. }) = lost else {
        panic!("{lost:?}")
    };
    assert_eq!(why, Corruption::CommitIds);
    assert_eq!(data, Some((3, "{}".into())));
    assert!(matches!(read(b"", "", false), Ok(Session::New)));
    assert!(matches!(read(b"", LINE, false), Ok(Session::Expired(_))));
}

#[test]
fn a_line_and_data_are_a_live_session() {
    let whole = format!("{LINE} OUT\n{{}}");
    let Ok(Session::Live(record)) = session(whole.as_bytes(), "") else {
        panic!("not live")
    };
    assert_eq!((record.version.revision, &*record.stage), (42, "menu"));
    assert_eq!((record.direction, &*record.data), (Direction::Out, "{}"));
}

#[test]
fn without_a_session_the_line_decides() {
    assert!(matches!(session(b"", ""), Ok(Session::New)));
    let Ok(Session::Expired(tombstone)) = session(b"", LINE) else {
        panic!("not expired")
    };
    assert_eq!(tombstone.stage, "menu");
}

#[test]
fn a_later_form_is_left_alone() {
    for (bytes, line) in [
        (&b""[..], "9 later"),
        (b"9 later", ""),
        (b"9 later\n{}", ""),
    ] {
        let newer = session(bytes, line);
        assert!(
            matches!(
                newer,
                Ok(Session::Newer {
                    found: 9,
                    known: FORM
                })
            ),
            "{newer:?}"
        );
    }
}

#[test]
fn a_session_of_five_keys_is_refused() {
    assert_eq!(session(b"{}", "").unwrap_err(), ReplyError::OtherLayout);
}

#[test]
fn other_bytes_are_corrupt() {
    let no_data = format!("{LINE} OUT");
    let undirected = format!("{LINE} UP\n{{}}");
    for junk in [
        &b"junk"[..],
        b"\n",
        b"\xff\n{}",
        LINE.as_bytes(),
        no_data.as_bytes(),
        undirected.as_bytes(),
    ] {
        let found = session(junk, LINE);
        let why = Corruption::Record;
        assert!(
            matches!(found, Ok(Session::Corrupt { why: w, data: None, .. }) if w == why),
            "{found:?}"
        );
    }
    let not_text = [LINE.as_bytes(), b" IN\n\xff"].concat();
    assert!(matches!(
        session(&not_text, ""),
        Ok(Session::Corrupt {
            version: Some(_),
            data: None,
            ..
        })
    ));
}

#[test]
fn the_script_reads_as_much_as_a_load() {
    for (key, (_, max)) in READ.iter().enumerate() {
        let read = format!("call('GETRANGE', KEYS[{}], '0', '{max}')", key + 1);
        assert!(ONE_KEY.text.contains(&read), "{read}");
    }
}

proptest! {
    #[test]
    fn junk_never_panics(
        session: Vec<u8>,
        line: Vec<u8>,
        data: Option<String>,
        kept: bool,
    ) {
        let session = match data {
            Some(data) => format!("{LINE} OUT\n{data}").into_bytes(),
            None => session,
        };
        let mut values = [session, line].map(Value::BulkString).to_vec();
        values.push(Value::Int(kept.into()));
        if let Ok(loaded) = OneKey.loaded(values) {
            let expected = Expected::decode(&loaded.precondition).unwrap();
            let is_new = matches!(loaded.session, Session::New);
            prop_assert_eq!(expected.is_lost(), !kept && !is_new);
            prop_assert!(kept || !matches!(loaded.session, Session::Live(_)));
        }
    }
}
