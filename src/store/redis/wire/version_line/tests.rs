//! What a line is, byte for byte.

use proptest::prelude::*;

use super::*;
use crate::store::redis::wire::fixture::record;

const LINE: &str = "1 cafe 42 000000000000000000000000000000ab 15 1763863200000 3 menu - \
                    000000000000000000000000000000cd tier_1~7f3a1c0b2d4e5f60:a,b";

#[test]
fn the_line_is_golden() {
    let line = NewLine::of(&record(Some("-"), Some("tier_1~7f3a1c0b2d4e5f60:a,b"))).unwrap();
    assert_eq!(line.started_at(1_763_863_200_000), LINE);
    let line = VersionLine::parse(LINE.as_bytes()).unwrap();
    assert_eq!(line.tombstone.option.as_deref(), Some("-"));
    assert_eq!((line.parts, line.format), (15, 3));
}

#[test]
fn a_line_with_a_pending_call_is_golden() {
    let mut written = record(Some("-"), Some("tier_1~7f3a1c0b2d4e5f60:a,b"));
    let with_call = LINE.replacen('1', "2", 1) + " 000000000000000000000000000000ef+";
    written.pending_call = "000000000000000000000000000000ef+".parse().ok();
    let line = NewLine::of(&written).unwrap();
    assert_eq!(line.started_at(1_763_863_200_000), with_call);
    let read = VersionLine::parse(with_call.as_bytes()).unwrap();
    assert_eq!(read.tombstone.pending_call, written.pending_call);
    for damaged in [LINE.replacen('1', "2", 1), with_call.replacen('2', "1", 1)] {
        assert!(VersionLine::parse(damaged.as_bytes()).is_err(), "{damaged}");
    }
}

#[test]
fn a_later_form_is_told_from_junk() {
    assert_eq!(
        VersionLine::parse(b"3 in a later form"),
        Err(LineError::Newer(3))
    );
    for junk in [
        "",
        "1",
        "1 ",
        "0 x",
        "3",
        "-2 x",
        "02 x",
        " ",
        "\u{fffd}",
        &LINE.to_uppercase(),
        "1 cafe 42",
        "1 a word more",
    ] {
        let parsed = VersionLine::parse(junk.as_bytes());
        assert_eq!(parsed, Err(LineError::Foreign { flow: None }), "{junk}");
    }
    let not_text = VersionLine::parse(b"\xff\xfe");
    assert_eq!(not_text, Err(LineError::Foreign { flow: None }));
}

#[test]
fn a_damaged_line_still_names_its_flow() {
    let begin = &LINE[..LINE.find(" 15 ").unwrap()];
    for damaged in [
        begin.to_owned(),
        format!("{LINE} more"),
        format!("{begin} 15 x"),
        format!("{begin} \u{fffd}"),
    ] {
        let flow = Some("cafe".into());
        let parsed = VersionLine::parse(damaged.as_bytes());
        assert_eq!(parsed, Err(LineError::Foreign { flow }), "{damaged}");
    }
}

#[test]
fn names_that_no_line_can_hold_are_refused() {
    let mut bad = record(None, None);
    bad.stage = "two words".into();
    assert!(NewLine::of(&bad).is_none());
    let mut bad = record(None, None);
    bad.flow = "two words".into();
    assert!(NewLine::of(&bad).is_none());
    assert!(NewLine::of(&record(Some(NONE), None)).is_none());
    assert!(NewLine::of(&record(None, Some(""))).is_none());
}

#[test]
fn an_encoded_expectation_decodes_the_same() {
    for start in [None, Some(0), Some(-1), Some(1_763_863_200_000)] {
        let expected = Expected {
            start,
            parts: 11,
            text: b"1 42",
        };
        let precondition = expected.encode();
        let read = Expected::decode(&precondition).unwrap();
        assert_eq!(
            (read.start, read.parts, read.text),
            (start, 11, &b"1 42"[..])
        );
    }
    for foreign in [&b""[..], b"1234567"] {
        assert!(Expected::decode(&Precondition::new(foreign)).is_none());
    }
}

proptest! {
    #[test]
    fn a_written_line_is_read_the_same(
        revision: u64, tag: u128, id: u128, format: u32, start in 0..=i64::MAX,
        flow in "[A-Za-z0-9_.-]{1,64}",
        stage in "[A-Za-z0-9_.-]{1,64}",
        option in proptest::option::of("[A-Za-z0-9_.-]{1,64}"),
        menu in proptest::option::of("[A-Za-z0-9_.:,~-]{2,725}"),
    ) {
        let mut record = record(option.as_deref(), menu.as_deref());
        record.flow = flow.into();
        record.version = Version { revision, tag };
        record.format = format;
        record.stage = stage.into();
        record.entered_by = format!("{id:032x}").parse().unwrap();
        let written = NewLine::of(&record).unwrap();
        let text = written.started_at(start);
        prop_assert!(text.len() <= MAX_LEN && text.is_ascii());
        let line = VersionLine::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(&line.tombstone, &record.tombstone());
        prop_assert_eq!((line.parts, line.start), (written.parts, start));
        prop_assert_eq!((line.format, line.menu), (format, record.menu));
    }

    #[test]
    fn a_changed_byte_never_reads_as_the_same_line(at in 0..LINE.len(), byte: u8) {
        let mut text = LINE.as_bytes().to_vec();
        text[at] = byte;
        if text != LINE.as_bytes() {
            let original = VersionLine::parse(LINE.as_bytes());
            prop_assert_ne!(VersionLine::parse(&text), original);
        }
    }
}
