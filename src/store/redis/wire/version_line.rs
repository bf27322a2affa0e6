//! The version line: what identifies a session, and what remains of it after it has expired; and
//! what a commit expects of it.
//!
//! One line of ASCII, eleven words with a space between (the tag and the commit id are 32
//! hexadecimal digits, shortened here):
//! ```text
//! 1 cafe 42 9f86..d015 15 1763863200000 1 menu ~ 2c26..4134 ~
//! │ │    │  │          │  │             │ │    │ │          └ question that is open, `~` if none
//! │ │    │  │          │  │             │ │    │ └ commit that entered this stage and option
//! │ │    │  │          │  │             │ │    └ option, `~` if none
//! │ │    │  │          │  │             │ └ stage
//! │ │    │  │          │  │             └ format of the data
//! │ │    │  │          │  └ start of the session, in milliseconds of Unix time
//! │ │    │  │          └ which keys there are: 1 data, 2 stage, 4 option, 8 direction
//! │ │    │  └ tag
//! │ │    └ revision
//! │ └ flow
//! └ form of this line
//! ```
//! While a call is pending, the line has form 2 and one word more, the call, as [`PendingCall`] is
//! written. A release that knows no calls leaves that session alone.
//!
//! The flow is the second word, so that it is known even of a line whose end cannot be read. No
//! name is `~`. Every change of the line raises its form. A line of a later form was written by
//! a later release and is left alone.

use std::borrow::Cow;

use crate::id::parse_hex;
use crate::session::{PendingCall, Record, Tombstone, Version};
use crate::store::Precondition;

/// The newest form, that of a session with a pending call.
pub(super) const FORM: u32 = 2;
const FORM_WITHOUT_CALL: u32 = 1;
/// Longer than any line of this form, so that later forms have room.
pub(super) const MAX_LEN: usize = 2048;

const NONE: &str = "~";

/// The keys that a session has under five keys, as bits of a number.
pub(super) mod part {
    pub(in crate::store::redis::wire) const DATA: u8 = 1;
    pub(in crate::store::redis::wire) const STAGE: u8 = 2;
    pub(in crate::store::redis::wire) const OPTION: u8 = 4;
    pub(in crate::store::redis::wire) const DIRECTION: u8 = 8;
}

/// The line of a session that is about to be written. If the session starts with this commit, the
/// server's clock provides its start.
pub(crate) struct NewLine {
    pub(super) before_start: String,
    pub(super) after_start: String,
    pub(super) parts: u8,
}

impl NewLine {
    /// `None` if no line can hold the names of this record.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let fits = |word: &Option<Cow<'static, str>>, max| {
            word.as_deref()
                .is_none_or(|word| is_word(word, max) && word != NONE)
        };
        let all_fit = is_word(&record.flow, Record::MAX_NAME)
            && is_word(&record.stage, Record::MAX_NAME)
            && fits(&record.option, Record::MAX_NAME)
            && fits(&record.menu, Record::MAX_MENU);
        if !all_fit {
            return None;
        }
        let Record {
            flow,
            version,
            entered_by,
            format,
            stage,
            ..
        } = record;
        let Version { revision, tag } = version;
        let option = record.option.as_deref().unwrap_or(NONE);
        let menu = record.menu.as_deref().unwrap_or(NONE);
        // Only the option has no key if it is empty.
        let mut parts = part::DATA + part::STAGE + part::DIRECTION;
        if record.option.is_some() {
            parts += part::OPTION;
        }
        let mut form = FORM_WITHOUT_CALL;
        let mut after_start = format!(" {format} {stage} {option} {entered_by} {menu}");
        if let Some(call) = record.pending_call {
            form = FORM;
            after_start.push_str(&format!(" {call}"));
        }
        Some(Self {
            before_start: format!("{form} {flow} {revision} {tag:032x} {parts} "),
            after_start,
            parts,
        })
    }

    pub(super) fn started_at(&self, start: i64) -> String {
        format!("{}{start}{}", self.before_start, self.after_start)
    }
}

/// A line that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct VersionLine {
    pub(super) tombstone: Tombstone,
    pub(super) parts: u8,
    /// When the session started, in milliseconds of Unix time.
    pub(super) start: i64,
    pub(super) format: u32,
    pub(super) menu: Option<Cow<'static, str>>,
}

/// Why a text is no version line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineError {
    /// No release has written it, or it was damaged. The flow is known if the line begins like
    /// one of ours, up to its version.
    Foreign { flow: Option<Cow<'static, str>> },
    /// A later release has written it, in this form.
    Newer(u32),
}

impl VersionLine {
    pub(super) fn parse(text: &[u8]) -> Result<Self, LineError> {
        // What is damaged may be no text any more.
        let text = String::from_utf8_lossy(text);
        let foreign = |flow| LineError::Foreign { flow };
        let (form, rest) = text.split_once(' ').ok_or(foreign(None))?;
        match number(form).ok_or(foreign(None))? {
            form @ FORM_WITHOUT_CALL..=FORM => {
                let mut words = rest.split(' ');
                let (mut flow, version) = Self::parse_owner(&mut words).ok_or(foreign(None))?;
                let line = Self::parse_rest(form, &mut flow, version, words);
                line.ok_or_else(|| foreign(Some(flow)))
            }
            ..FORM_WITHOUT_CALL => Err(foreign(None)),
            newer => Err(LineError::Newer(newer)),
        }
    }

    /// Whose session it is, and which version of it.
    fn parse_owner<'a>(
        words: &mut impl Iterator<Item = &'a str>,
    ) -> Option<(Cow<'static, str>, Version)> {
        let flow = word(words.next()?, Record::MAX_NAME)?;
        let revision = number(words.next()?)?;
        let tag = parse_hex(words.next()?)?;
        Some((flow, Version { revision, tag }))
    }

    /// Takes the flow if the rest can be read.
    fn parse_rest<'a>(
        form: u32,
        flow: &mut Cow<'static, str>,
        version: Version,
        mut words: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let mut next = || words.next();
        let parts = number(next()?)?;
        let start = number(next()?)?;
        let format = number(next()?)?;
        let stage = word(next()?, Record::MAX_NAME)?;
        let option = optional(next()?, Record::MAX_NAME)?;
        let entered_by = next()?.parse().ok()?;
        let menu = optional(next()?, Record::MAX_MENU)?;
        let pending_call = match form {
            FORM_WITHOUT_CALL => None,
            _ => Some(next()?.parse::<PendingCall>().ok()?),
        };
        if next().is_some() {
            return None;
        }
        Some(Self {
            tombstone: Tombstone {
                flow: std::mem::take(flow),
                version,
                entered_by,
                stage,
                option,
                pending_call,
            },
            parts,
            start,
            format,
            menu,
        })
    }
}

/// A number as `Display` writes it, and in no other way: two texts are never the same line.
fn number<N: TryFrom<u64>>(word: &str) -> Option<N> {
    let canonical =
        word == "0" || (!word.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()));
    if !canonical {
        return None;
    }
    word.parse::<u64>().ok()?.try_into().ok()
}

fn word(word: &str, max: usize) -> Option<Cow<'static, str>> {
    is_word(word, max).then(|| word.to_owned().into())
}

fn optional(text: &str, max: usize) -> Option<Option<Cow<'static, str>>> {
    if text == NONE {
        Some(None)
    } else {
        word(text, max).map(Some)
    }
}

/// Visible ASCII. Only the flow knows which names exist.
pub(super) fn is_word(word: &str, max: usize) -> bool {
    (1..=max).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic())
}

/// What a commit expects to find: this store's content of a [`Precondition`].
pub(crate) struct Expected<'a> {
    /// When the session started; `None` if there is no live session, or none that can be read.
    pub(crate) start: Option<i64>,
    /// Which parts of a session there are; what that means is the layout's, but for [`LOST`].
    pub(super) parts: u8,
    /// What the server compares with what it has.
    pub(super) text: &'a [u8],
}

/// Beside the parts: there is a session or a tombstone, and its commit ids are lost.
pub(super) const LOST: u8 = 16;

/// Encodes that there is no start: the start of a session is never negative.
const NO_START: i64 = i64::MIN;

impl<'a> Expected<'a> {
    /// `None` for the precondition of another store.
    pub(crate) fn decode(precondition: &'a Precondition) -> Option<Self> {
        let (parts, rest) = precondition.as_bytes().split_first()?;
        let (start, text) = rest.split_first_chunk()?;
        let start = i64::from_be_bytes(*start);
        Some(Self {
            start: (start != NO_START).then_some(start),
            parts: *parts,
            text,
        })
    }

    /// Whether commit ids of the user are lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.parts & LOST != 0
    }

    pub(super) fn encode(&self) -> Precondition {
        let start = self.start.unwrap_or(NO_START).to_be_bytes();
        Precondition::new([&[self.parts], &start[..], self.text].concat())
    }
}

#[cfg(test)]
mod tests;
