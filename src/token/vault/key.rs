//! The keys of a vault.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};

/// A key of 256 bits, and the id that is written beside each text sealed with it. `Debug` shows the
/// id alone. The key is wiped from memory when it is dropped.
///
/// # Examples
/// ```
/// use vimbiso_state::token::vault::VaultKey;
///
/// let secret = [7; 32]; // in real life: 32 random bytes from a secret store
/// let key = VaultKey::new("2026-11", &secret)?;
/// assert_eq!(key.id(), "2026-11");
/// assert!(VaultKey::new("2026 11", &secret).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct VaultKey {
    id: Box<str>,
    secret: SecretBox<[u8; 32]>,
}

impl VaultKey {
    /// Copies a key. Wiping `secret` is up to the caller.
    ///
    /// # Errors
    /// [`InvalidKeyId`] if the id is not 1 to 32 bytes of `A–Z a–z 0–9 . _ -`.
    pub fn new(id: impl Into<Box<str>>, secret: &[u8; 32]) -> Result<Self, InvalidKeyId> {
        let id = id.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !(1..=32).contains(&id.len()) || !id.bytes().all(allowed) {
            return Err(InvalidKeyId);
        }
        Ok(Self {
            id,
            // Copied straight into the box: a copy on the stack would not be wiped.
            secret: SecretBox::init_with_mut(|kept: &mut [u8; 32]| kept.copy_from_slice(secret)),
        })
    }

    /// The id.
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

/// The error of an id that [`VaultKey::new`] does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid key id: use 1 to 32 of A–Z a–z 0–9 . _ -")]
pub struct InvalidKeyId;

/// The error of a second key with the same id: texts sealed with the first could never be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key ring already has a key {0}: give each key an id of its own")]
pub struct RepeatedKeyId(Box<str>);

/// The active key, which seals and opens, and any number of retired keys, which only open.
///
/// # Rotation
/// 1. Give every process the new key as a retired one.
/// 2. When all processes have it, make it the active key and retire the old one.
/// 3. After the store's [retention](crate::StateStore::retention), remove the old key. Tokens and
///    replies that are still in use have been written again with the new key by then. An entry of
///    an outbox that has waited longer, because its channel or API is down, needs the old key.
///
/// # Examples
/// ```
/// use vimbiso_state::token::vault::{KeyRing, VaultKey};
///
/// let old = VaultKey::new("2026-10", &[7; 32])?;
/// let new = VaultKey::new("2026-11", &[8; 32])?;
/// let ring = KeyRing::new(new).retire(old)?;
/// assert!(ring.retire(VaultKey::new("2026-11", &[9; 32])?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a key ring does nothing until a vault uses it"]
pub struct KeyRing {
    active: VaultKey,
    retired: Vec<VaultKey>,
}

impl KeyRing {
    /// A ring with its active key.
    pub fn new(active: VaultKey) -> Self {
        Self {
            active,
            retired: Vec::new(),
        }
    }

    /// Adds a retired key.
    ///
    /// # Errors
    /// [`RepeatedKeyId`] if the ring already has a key with that id.
    pub fn retire(mut self, key: VaultKey) -> Result<Self, RepeatedKeyId> {
        // Of two keys with one id, the second would never be found.
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
    fn second_key_with_the_same_id_is_refused() {
        let key = |id: &str, byte| VaultKey::new(id, &[byte; 32]).unwrap();
        let ring = || KeyRing::new(key("new", 1)).retire(key("old", 2));
        for id in ["new", "old"] {
            let refused = ring().and_then(|ring| ring.retire(key(id, 3))).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!("the key ring already has a key {id}: give each key an id of its own")
            );
        }
        assert!(ring().and_then(|ring| ring.retire(key("older", 2))).is_ok());
    }
}
