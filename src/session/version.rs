//! Versions: which state of a session a decision stands on.

use std::fmt;
use std::str::FromStr;

use crate::id::parse_hex;

/// The version of a session: a revision that counts, and a random tag.
///
/// The tag makes every attempt unlike any other: after a failover has lost commits, the same revision is reached again on
/// another branch, and the number alone could not tell the two apart. Written as `42-` and 32 hexadecimal digits.
///
/// # Examples
/// ```
/// use vimbiso_state::Version;
///
/// let first = Version::after(None);
/// let second = Version::after(Some(first));
/// assert_eq!((first.revision, second.revision), (1, 2));
/// assert_eq!(second.to_string().parse(), Ok(second));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// Counts the commits, from 1.
    pub revision: u64,
    /// 128 random bits, drawn once an attempt.
    pub tag: u128,
}

impl Version {
    /// A version to follow `last`, with a fresh tag.
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

/// A text that is no [`Version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is a number, a hyphen and 32 lower-case hexadecimal digits")]
pub struct InvalidVersion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_attempts_at_one_revision_differ() {
        assert_ne!(Version::after(None), Version::after(None));
    }

    #[test]
    fn only_the_canonical_form_is_read() {
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
