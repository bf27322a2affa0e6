//! The layouts that a host can choose from.

use super::five_keys::FiveKeys;
use super::layout::Layout;
use super::one_key::OneKey;

/// Under which keys a [`RedisStore`](crate::RedisStore) keeps a session.
///
/// Both layouts keep the same contract. All processes on one namespace need the same layout: a
/// session that was written in the other one is refused
/// ([`Misconfigured`](crate::StoreError::Misconfigured)) and left as it is. What the keys hold is
/// described at [`RedisStore`](crate::RedisStore#keys).
///
/// # Examples
/// ```
/// use vimbiso_state::RedisStore;
/// use vimbiso_state::store::KeyLayout;
///
/// assert_eq!(KeyLayout::default(), KeyLayout::FiveKeys);
/// let builder = RedisStore::builder().layout(KeyLayout::OneKey);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyLayout {
    /// Data, stage, option and direction each under a key of their own, readable by other programs
    /// one by one.
    #[default]
    FiveKeys,
    /// Data, stage, option and direction in one string. Takes less of the server's time and
    /// memory, and an eviction cannot tear it. Other programs read a line of plain text, and below
    /// it the data.
    OneKey,
}

impl KeyLayout {
    pub(crate) fn layout(self) -> &'static dyn Layout {
        match self {
            Self::FiveKeys => &FiveKeys,
            Self::OneKey => &OneKey,
        }
    }
}
