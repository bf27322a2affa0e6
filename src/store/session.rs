//! A session as a store finds it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::commit_status::CommitStatus;
use super::debug::Bytes;
use crate::session::{Corruption, Record, Tombstone, Version};

/// What a load found.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The session.
    pub session: Session,
    /// What a commit that is decided on this load must find unchanged.
    pub precondition: Precondition,
    /// What is recorded under the commit id that was asked for.
    pub commit_status: Option<CommitStatus>,
}

impl Loaded {
    /// The precondition, if the session is alive at this version.
    #[must_use]
    pub fn precondition_at(self, version: Version) -> Option<Precondition> {
        matches!(self.session, Session::Live(record) if record.version == version)
            .then_some(self.precondition)
    }
}

/// A session as a store finds it.
#[derive(Clone)]
pub enum Session {
    /// No session within the retention.
    New,
    /// A live session.
    Live(Arc<Record>),
    /// A session that has expired.
    Expired(Tombstone),
    /// A session that cannot be read as it was written.
    Corrupt {
        /// What is wrong with it.
        why: Corruption,
        /// The flow that it belongs to, if that can still be read.
        flow: Option<Cow<'static, str>>,
        /// Its version, if that can still be read.
        version: Option<Version>,
        /// The format number and text of the data, if they are still there.
        data: Option<(u32, Box<str>)>,
    },
    /// A session that a later release has written in a form unknown here. It must not be touched.
    Newer {
        /// The number of that form.
        found: u32,
        /// The newest form that this store knows.
        known: u32,
    },
}

impl Session {
    /// The flow that it belongs to, if one is known.
    #[must_use]
    pub fn flow(&self) -> Option<&str> {
        match self {
            // A later release may keep it in another way.
            Self::New | Self::Newer { .. } => None,
            Self::Live(record) => Some(&record.flow),
            Self::Expired(tombstone) => Some(&tombstone.flow),
            Self::Corrupt { flow, .. } => flow.as_deref(),
        }
    }

    /// The last version, if one is known.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        match self {
            // A later release may count its versions in another way.
            Self::New | Self::Newer { .. } => None,
            Self::Live(record) => Some(record.version),
            Self::Expired(tombstone) => Some(tombstone.version),
            Self::Corrupt { version, .. } => *version,
        }
    }
}

/// Shows kinds, versions and sizes, never the data.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("New"),
            Self::Live(record) => f.debug_tuple("Live").field(record).finish(),
            Self::Expired(tombstone) => f.debug_tuple("Expired").field(tombstone).finish(),
            Self::Corrupt {
                why,
                flow,
                version,
                data,
            } => {
                let data = data
                    .as_ref()
                    .map(|(format, text)| (format, Bytes(text.len())));
                f.debug_struct("Corrupt")
                    .field("why", why)
                    .field("flow", flow)
                    .field("version", version)
                    .field("data", &data)
                    .finish()
            }
            Self::Newer { found, known } => f
                .debug_struct("Newer")
                .field("found", found)
                .field("known", known)
                .finish(),
        }
    }
}

/// What a commit must find unchanged, in the store's own encoding.
///
/// It must differ whenever the session does, and tell a live session from an expired one. A clone
/// shares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Precondition(Arc<[u8]>);

impl Precondition {
    /// Wraps a store's own encoding.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes it was made from.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Shows the length alone: the bytes may be data that could not be read.
impl fmt::Debug for Precondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Precondition")
            .field(&Bytes(self.0.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_kinds_and_sizes_alone() {
        let corrupt = Session::Corrupt {
            why: Corruption::State,
            flow: Some("cafe".into()),
            version: None,
            data: Some((3, "secret".into())),
        };
        assert_eq!(
            format!("{corrupt:?}"),
            "Corrupt { why: State, flow: Some(\"cafe\"), version: None, data: Some((3, 6 bytes)) }"
        );
        assert_eq!(format!("{:?}", Session::New), "New");
        assert_eq!(
            format!("{:?}", Session::Newer { found: 9, known: 1 }),
            "Newer { found: 9, known: 1 }"
        );
        assert_eq!(
            format!("{:?}", Precondition::new(*b"secret")),
            "Precondition(6 bytes)"
        );
    }
}
