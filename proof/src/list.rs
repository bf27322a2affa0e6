//! The conversation of a history: one stage, and a list of the messages that took effect.

use std::fmt;
use std::str::FromStr;

use harness::one_stage::OneStage;
use serde::{Deserialize, Serialize};
use vimbiso_state::StateManager;

/// A message, written in the list of its session as a letter and a number: `b07` is the seventh
/// message of the second session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Message {
    /// The session, counted from 0.
    pub session: u8,
    /// The number in its session, counted from 1.
    pub number: u16,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:02}", letter(self.session), self.number)
    }
}

impl FromStr for Message {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (letter, number) = text.split_at_checked(1).ok_or("the message is empty")?;
        let session = letter.as_bytes()[0]
            .checked_sub(b'a')
            .ok_or("the message does not start with a letter")?;
        Ok(Self {
            session,
            number: number
                .parse()
                .map_err(|_| "the message does not end with a number")?,
        })
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_string()
    }
}

impl TryFrom<String> for Message {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The name of a session.
pub fn letter(session: u8) -> char {
    char::from(b'a' + session)
}

/// A list as it is printed.
pub fn spell(list: &[Message]) -> String {
    let words: Vec<_> = list.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        "(nothing)".to_owned()
    } else {
        words.join(" ")
    }
}

/// The data of a session: its messages in the order in which they took effect.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Data {
    /// The messages.
    pub list: Vec<Message>,
}

/// The flow of a history.
pub type Listing = OneStage<Data>;

/// The manager of a worker.
pub type Manager = StateManager<Listing>;
