//! A copy of the key of the call that is pending, kept with the session.

use std::fmt;
use std::str::FromStr;

use crate::id::{CallKey, InvalidCallKey};

/// The call that was pending when a session was written. The outbox decides if it still is. A
/// session that [another login](crate::StateManager::start_session) has started has no copy of the
/// call that it found.
///
/// As text, the key, and a `+` after it if the call was announced in an earlier session.
///
/// # Examples
/// ```
/// use vimbiso_state::session::PendingCall;
///
/// let pending: PendingCall = "64778c1b58826c048e32c675174c5c3e+".parse()?;
/// assert!(pending.inherited);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingCall {
    /// The key of the call.
    pub key: CallKey,
    /// Whether an earlier session announced it, which has expired. Then its outcome moves nothing
    /// in this one.
    pub inherited: bool,
}

impl fmt::Display for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.key, if self.inherited { "+" } else { "" })
    }
}

impl FromStr for PendingCall {
    type Err = InvalidCallKey;

    fn from_str(text: &str) -> Result<Self, InvalidCallKey> {
        let key = text.strip_suffix('+');
        Ok(Self {
            key: key.unwrap_or(text).parse()?,
            inherited: key.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_form_is_read() {
        let key = "64778c1b58826c048e32c675174c5c3e";
        for text in [key.to_owned(), format!("{key}+")] {
            assert_eq!(text.parse::<PendingCall>().unwrap().to_string(), text);
        }
        for bad in ["", "+", "~", &format!("{key}++"), &format!("+{key}")] {
            assert!(bad.parse::<PendingCall>().is_err(), "{bad}");
        }
    }
}
