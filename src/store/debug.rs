//! What `Debug` shows in place of data and replies: their length.

use std::fmt::{Debug, Formatter, Result};

/// Shown in place of so many bytes.
pub(super) struct Bytes(pub(super) usize);

impl Debug for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} bytes", self.0)
    }
}

/// The length of a stored reply.
pub(super) fn reply(reply: Option<&[u8]>) -> Option<Bytes> {
    reply.map(|reply| Bytes(reply.len()))
}
