//! Which way the last message went.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which way the last message of a session went, as the host has set it. [`Out`](Self::Out) by
/// default.
///
/// # Examples
/// ```
/// use vimbiso_state::Direction;
///
/// assert_eq!(Direction::default().name(), "OUT");
/// assert_eq!("IN".parse(), Ok(Direction::In));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Direction {
    /// From the user to the bot.
    #[serde(rename = "IN")]
    In,
    /// From the bot to the user.
    #[default]
    #[serde(rename = "OUT")]
    Out,
}

impl Direction {
    /// The wire name, as stored: `"IN"` or `"OUT"`.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::Direction;
    ///
    /// assert_eq!(Direction::In.name(), "IN");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "IN",
            Self::Out => "OUT",
        }
    }
}

impl FromStr for Direction {
    type Err = InvalidDirection;

    fn from_str(name: &str) -> Result<Self, InvalidDirection> {
        match name {
            "IN" => Ok(Self::In),
            "OUT" => Ok(Self::Out),
            _ => Err(InvalidDirection),
        }
    }
}

/// The text is not a [`Direction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid direction: use \"IN\" or \"OUT\"")]
pub struct InvalidDirection;
