//! The version line: what a session is known by, and what is left of it when it has expired.
//!
//! One line of ASCII, ten words with a space between:
//! ```text
//! 1 42 9f86d081884c7d659a2feaa0c55ad015 15 1763863200000 1 handle_action_menu ~ 2c26b46b68ffc68ff99b453c1d304134 ~
//! │ │  tag                              │  │             │ stage              │ the commit that came there       │
//! │ revision                            │  began (ms)    state's format       option, `~` for none               menu shown, `~` for none
//! the form of this line                 which session keys there are: 1 state, 2 stage, 4 option, 8 direction
//! ```
//! `~` stands in no name. The form is raised with any change; a line of a later form belongs to a later release, and is left alone.

use std::borrow::Cow;

use crate::session::{Record, Tombstone, Version};

pub(super) const FORM: u32 = 1;
/// More than any line of this form takes, so that later forms have room.
pub(super) const MAX_LEN: usize = 2048;

const NONE: &str = "~";

/// Which of the session's keys there are.
pub(super) mod part {
    pub(in super::super) const STATE: u8 = 1;
    pub(in super::super) const STAGE: u8 = 2;
    pub(in super::super) const OPTION: u8 = 4;
    pub(in super::super) const DIRECTION: u8 = 8;
}

/// A line, but for the instant at which the session began: the server's clock may have to tell that.
pub(super) struct Unbegun {
    pub(super) head: String,
    pub(super) tail: String,
    pub(super) parts: u8,
}

impl Unbegun {
    /// `None` for a record that no line can hold.
    pub(super) fn of(record: &Record) -> Option<Self> {
        let Record {
            version,
            entered_by,
            format,
            stage,
            option,
            menu,
            ..
        } = record;
        let parts = part::STATE
            + part::STAGE
            + part::DIRECTION
            + if option.is_some() { part::OPTION } else { 0 };
        let fits = |word: &Option<Cow<'static, str>>, most| {
            word.as_deref()
                .is_none_or(|word| is_word(word, most) && word != NONE)
        };
        let fit = is_word(stage, Record::MAX_NAME)
            && fits(option, Record::MAX_NAME)
            && fits(menu, Record::MAX_MENU);
        let (option, menu) = (
            option.as_deref().unwrap_or(NONE),
            menu.as_deref().unwrap_or(NONE),
        );
        fit.then(|| Self {
            head: format!("{FORM} {} {:032x} {parts} ", version.revision, version.tag),
            tail: format!(" {format} {stage} {option} {entered_by} {menu}"),
            parts,
        })
    }

    pub(super) fn began(&self, at: i64) -> String {
        format!("{}{at}{}", self.head, self.tail)
    }
}

/// A line that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) trace: Tombstone,
    pub(super) parts: u8,
    pub(super) began: i64,
    pub(super) format: u32,
    pub(super) menu: Option<Cow<'static, str>>,
}

/// Why a text is no line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoLine {
    /// No release has written it.
    Foreign,
    /// A later release has written it, in this form.
    Newer(u32),
}

impl Line {
    pub(super) fn parse(text: &[u8]) -> Result<Self, NoLine> {
        let text = std::str::from_utf8(text).map_err(|_| NoLine::Foreign)?;
        match text
            .split_once(' ')
            .and_then(|(form, rest)| Some((number(form)?, rest)))
        {
            Some((FORM, rest)) => Self::words(rest).ok_or(NoLine::Foreign),
            None | Some((..FORM, _)) => Err(NoLine::Foreign),
            Some((newer, _)) => Err(NoLine::Newer(newer)),
        }
    }

    fn words(rest: &str) -> Option<Self> {
        let mut words = rest.split(' ');
        let mut next = || words.next();
        let revision = number(next()?)?;
        let version = Version {
            revision,
            tag: crate::id::parse_hex(next()?)?,
        };
        let parts = number(next()?)?;
        let began = number(next()?)?;
        let format = number(next()?)?;
        let stage = word(next()?, Record::MAX_NAME)?;
        let option = optional(next()?, Record::MAX_NAME)?;
        let entered_by = next()?.parse().ok()?;
        let menu = optional(next()?, Record::MAX_MENU)?;
        let line = Self {
            trace: Tombstone {
                version,
                entered_by,
                stage,
                option,
            },
            parts,
            began,
            format,
            menu,
        };
        next().is_none().then_some(line)
    }
}

/// A number as `Display` writes it, and in no other way.
fn number<N: TryFrom<u64>>(word: &str) -> Option<N> {
    let canonical =
        word == "0" || (!word.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()));
    canonical
        .then(|| word.parse::<u64>().ok())
        .flatten()
        .and_then(|n| n.try_into().ok())
}

fn word(word: &str, most: usize) -> Option<Cow<'static, str>> {
    is_word(word, most).then(|| word.to_owned().into())
}

fn optional(text: &str, most: usize) -> Option<Option<Cow<'static, str>>> {
    if text == NONE {
        Some(None)
    } else {
        word(text, most).map(Some)
    }
}

/// Visible ASCII. Which names are known, the flow knows.
pub(super) fn is_word(word: &str, most: usize) -> bool {
    (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Direction;

    const LINE: &str = "1 42 000000000000000000000000000000ab 15 1763863200000 3 menu - 000000000000000000000000000000cd tier_1:a,b";

    fn record(option: Option<&str>, menu: Option<&str>) -> Record {
        Record {
            version: Version {
                revision: 42,
                tag: 0xab,
            },
            entered_by: format!("{:032x}", 0xcd).parse().unwrap(),
            format: 3,
            stage: "menu".into(),
            option: option.map(|name| name.to_owned().into()),
            direction: Direction::Out,
            menu: menu.map(|menu| menu.to_owned().into()),
            data: "{}".into(),
        }
    }

    #[test]
    fn golden() {
        assert_eq!(
            Unbegun::of(&record(Some("-"), Some("tier_1:a,b")))
                .unwrap()
                .began(1_763_863_200_000),
            LINE
        );
        let line = Line::parse(LINE.as_bytes()).unwrap();
        assert_eq!(
            (line.trace.option.as_deref(), line.parts, line.format),
            (Some("-"), 15, 3)
        );
    }

    #[test]
    fn a_later_form_is_told_from_junk() {
        assert_eq!(Line::parse(b"2 whatever comes"), Err(NoLine::Newer(2)));
        for junk in [
            "",
            "1",
            "1 ",
            "0 x",
            "2",
            "-2 x",
            "02 x",
            " ",
            "\u{fffd}",
            &LINE.to_uppercase(),
            &format!("{LINE} more"),
        ] {
            assert_eq!(Line::parse(junk.as_bytes()), Err(NoLine::Foreign), "{junk}");
        }
        assert_eq!(Line::parse(b"\xff\xfe"), Err(NoLine::Foreign));
    }

    #[test]
    fn what_no_line_can_hold_is_refused() {
        let mut bad = record(None, None);
        bad.stage = "two words".into();
        assert!(Unbegun::of(&bad).is_none());
        assert!(Unbegun::of(&record(Some(NONE), None)).is_none());
        assert!(Unbegun::of(&record(None, Some(""))).is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            revision: u64, tag: u128, id: u128, format: u32, began in 0..=i64::MAX,
            stage in "[A-Za-z0-9_.-]{1,64}",
            option in proptest::option::of("[A-Za-z0-9_.-]{1,64}"),
            menu in proptest::option::of("[A-Za-z0-9_.:,-]{1,715}"),
        ) {
            let mut record = record(option.as_deref(), menu.as_deref());
            (record.version, record.format, record.stage) = (Version { revision, tag }, format, stage.into());
            record.entered_by = format!("{id:032x}").parse().unwrap();
            let written = Unbegun::of(&record).unwrap();
            let text = written.began(began);
            prop_assert!(text.len() <= MAX_LEN && text.is_ascii());
            let line = Line::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(&line.trace, &record.tombstone());
            prop_assert_eq!((line.parts, line.began, line.format, line.menu), (written.parts, began, format, record.menu));
        }

        #[test]
        fn whatever_was_changed_is_not_taken_for_the_same(at in 0..LINE.len(), byte: u8) {
            let mut text = LINE.as_bytes().to_vec();
            text[at] = byte;
            if text != LINE.as_bytes() {
                prop_assert_ne!(Line::parse(&text), Line::parse(LINE.as_bytes()));
            }
        }
    }
}
