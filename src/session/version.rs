//! The version of a session.

use std::fmt;
use std::str::FromStr;

use crate::id::parse_hex;

/// The version of a session: a revision that counts the commits, and a random tag.
///
/// A commit is applied only if the session still has the version that the turn was decided on. The
/// tag tells two attempts at one revision apart: after a failover has lost commits, the same
/// revision can be reached again with other contents.
///
/// Written as the revision, a hyphen and the tag as 32 hexadecimal digits.
///
/// # Examples
/// ```
/// use vimbiso_state::session::Version;
///
/// let first = Version::after(None);
/// let second = Version::after(Some(first));
/// assert_eq!(first.revision, 1);
/// assert_eq!(second.revision, 2);
/// assert_ne!(second, Version::after(Some(first))); // another attempt at the same revision
/// assert_eq!(second.to_string().parse(), Ok(second));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// Counts the commits of a session, from 1.
    pub revision: u64,
    /// 128 random bits, drawn once for each attempt.
    pub tag: u128,
}

impl Version {
    /// The version of a commit that follows `last`, with a new tag. `None` if there is no session.
    #[must_use]
    pub fn after(last: Option<Self>) -> Self {
        Self {
            revision: last.map_or(0, |last| last.revision).saturating_add(1),
            tag: rand::random(),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:032x}", self.revision, self.tag)
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        // Only what `Display` writes is read, so that two texts never mean one version.
        let (revision, tag) = text.split_once('-').ok_or(InvalidVersion)?;
        if revision.is_empty() || !revision.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidVersion);
        }
        Ok(Self {
            revision: revision.parse().map_err(|_| InvalidVersion)?,
            tag: parse_hex(tag).ok_or(InvalidVersion)?,
        })
    }
}

/// The text is not a [`Version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid version: use a number, a hyphen and 32 lower-case hexadecimal digits")]
pub struct InvalidVersion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_at_one_revision_have_other_tags() {
        assert_ne!(Version::after(None), Version::after(None));
    }

    #[test]
    fn only_the_written_form_is_read() {
        let version = Version {
            revision: 7,
            tag: 0xabc,
        };
        assert_eq!(version.to_string(), "7-00000000000000000000000000000abc");
        for bad in [
            "",
            "7",
            "7-",
            "-7-00000000000000000000000000000abc",
            "+7-00000000000000000000000000000abc",
            "7-abc",
            "7-00000000000000000000000000000ABC",
        ] {
            assert_eq!(bad.parse::<Version>(), Err(InvalidVersion), "{bad}");
        }
    }
}
