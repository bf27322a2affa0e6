//! The text that comes back with each status: which part of which reply it is about.

use std::fmt;
use std::str::FromStr;

use vimbiso_state::CommitId;

/// A part of a reply.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Part {
    /// By its number, from 0.
    Number(u16),
    /// The template in place of all of them.
    Template,
}

/// Written as the reply's id, a point, and the number of the part or a `t`: 34 to 38 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Callback {
    pub(super) reply: CommitId,
    pub(super) part: Part,
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Number(number) => write!(f, "{}.{number}", self.reply),
            Part::Template => write!(f, "{}.t", self.reply),
        }
    }
}

/// The text is not one of ours: another program sends messages by this phone number too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign;

impl FromStr for Callback {
    type Err = Foreign;

    fn from_str(text: &str) -> Result<Self, Foreign> {
        let (reply, part) = text.split_once('.').ok_or(Foreign)?;
        let reply = reply.parse().map_err(|_| Foreign)?;
        let part = match part {
            "t" => Part::Template,
            number => Part::Number(number.parse().map_err(|_| Foreign)?),
        };
        Ok(Self { reply, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callback_is_read_as_it_is_written() {
        let reply = "8dd145d7cc87f81b2597a525402e70ba".parse().unwrap();
        for (part, end) in [
            (Part::Number(0), "0"),
            (Part::Number(12), "12"),
            (Part::Template, "t"),
        ] {
            let callback = Callback { reply, part };
            let text = callback.to_string();
            assert_eq!(text, format!("{reply}.{end}"));
            assert_eq!(text.parse(), Ok(callback));
        }
        for text in [
            "",
            "order-7",
            "8dd145d7.0",
            "8dd145d7cc87f81b2597a525402e70ba.x",
        ] {
            assert_eq!(text.parse::<Callback>(), Err(Foreign));
        }
    }
}
