//! The keys of a vault.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};

/// A key of 256 bits, with an id by which it is known again. `Debug` shows the id alone; the key is wiped when it is dropped.
///
/// # Examples
/// ```
/// use vimbiso_state::{KeyRing, VaultKey};
///
/// let (old, new) = ([7; 32], [8; 32]); // out of a secret store, of random bytes
/// let ring = KeyRing::new(VaultKey::new("2026-11", &new)?).retire(VaultKey::new("2026-10", &old)?)?;
/// assert!(VaultKey::new("2026 11", &new).is_err());
/// # let _ = ring;
/// # Ok::<(), vimbiso_state::BoxError>(())
/// ```
pub struct VaultKey {
    id: Box<str>,
    secret: SecretBox<[u8; 32]>,
}

impl VaultKey {
    /// Takes a key. The caller wipes their own copy.
    ///
    /// # Errors
    /// [`InvalidKeyId`] unless the id is 1 to 32 bytes of `A–Z a–z 0–9 . _ -`.
    pub fn new(id: impl Into<Box<str>>, secret: &[u8; 32]) -> Result<Self, InvalidKeyId> {
        let id = id.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !(1..=32).contains(&id.len()) || !id.bytes().all(allowed) {
            return Err(InvalidKeyId);
        }
        Ok(Self {
            id,
            secret: SecretBox::init_with_mut(|kept: &mut [u8; 32]| kept.copy_from_slice(secret)),
        })
    }

    /// The id, which is written beside whatever the key seals.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A text that is no id of a [`VaultKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a key takes 1 to 32 bytes of A–Z a–z 0–9 . _ -")]
pub struct InvalidKeyId;

/// A second key of one id. What the other has sealed could never be opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ring has a key of the id {0} already")]
pub struct RepeatedKeyId(Box<str>);

/// One key that seals, and any number that still open what they sealed.
///
/// To rotate: give every process the new key as a retired one; when all have it, make it the active one and retire the old;
/// drop that after the store's retention. Whatever is written is sealed with the active key, so that everything alive has
/// moved over by then.
#[derive(Debug)]
#[must_use = "a key ring does nothing until a vault has it"]
pub struct KeyRing {
    active: VaultKey,
    retired: Vec<VaultKey>,
}

impl KeyRing {
    /// A ring with the key that seals.
    pub fn new(active: VaultKey) -> Self {
        Self {
            active,
            retired: Vec::new(),
        }
    }

    /// Adds a key that only opens.
    ///
    /// # Errors
    /// [`RepeatedKeyId`] where the ring has a key of that id.
    pub fn retire(mut self, key: VaultKey) -> Result<Self, RepeatedKeyId> {
        if self.find(&key.id).is_some() {
            return Err(RepeatedKeyId(key.id));
        }
        self.retired.push(key);
        Ok(self)
    }

    pub(super) fn active(&self) -> &VaultKey {
        &self.active
    }

    pub(super) fn find(&self, id: &str) -> Option<&VaultKey> {
        std::iter::once(&self.active)
            .chain(&self.retired)
            .find(|key| *key.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_one_key_of_an_id() {
        let key = |id: &str, byte| VaultKey::new(id, &[byte; 32]).unwrap();
        let ring = || KeyRing::new(key("new", 1)).retire(key("old", 2));
        for id in ["new", "old"] {
            let refused = ring().and_then(|ring| ring.retire(key(id, 3))).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!("the ring has a key of the id {id} already")
            );
        }
        assert!(ring().and_then(|ring| ring.retire(key("older", 2))).is_ok());
    }
}
