//! The vault: a store whose tokens, stored replies and outboxes are encrypted.

mod envelope;
mod key;
mod outbox;
mod sessions;
mod tokens;

use std::sync::Arc;

use envelope::{AssociatedData, Field};
pub use key::{InvalidKeyId, KeyRing, RepeatedKeyId, VaultKey};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::id::UserId;
use crate::store::StateStore;

/// A store that encrypts tokens, stored replies, and the replies and calls of outboxes, before
/// another store gets them.
///
/// * **Cipher.** XChaCha20-Poly1305 under the active key of a [`KeyRing`], with a random nonce for
///   each text.
/// * **Bound to its owner.** A sealed text opens only for the namespace, user and field that it was
///   sealed for, a reply only for its commit as well, and a call only for its key. A text that was
///   copied to another user, entry, field or namespace, or changed in a single bit, does not open.
/// * **Not bound to a time or a database.** An older sealed token of the same user opens again, and
///   so does a copy under the same namespace in another database. Someone who can write to the
///   store can so bring back a token until its `exp`: let tokens be short-lived.
/// * **A text that does not open counts as absent**: there is no token, or no stored reply. The log
///   has a warning without any part of the text. Plain text does not open either, so nothing can be
///   planted in the store.
/// * **An entry of an outbox that does not open stays**, with an empty body and no destination: it
///   may be a payment. A [`Bot`](crate::bot::Bot) reports it as
///   [unreadable](crate::bot::Report::Unreadable), and tries again later. That holds also for
///   entries from before there was a vault: let the outboxes run empty first.
/// * **Where a reply goes is sealed with it**, and if it tells an outcome: someone who can write to
///   the store cannot send it elsewhere.
/// * **Not encrypted**: session data, stages and menus; of an outbox, the key of a call, times, and
///   a copy of which replies tell an outcome. Do not put secrets into the data;
///   [`check_state`](crate::session::check_state) refuses those it recognises.
///
/// A vault keeps the [contracts](StateStore#contract) of the store inside, and adds no round trip
/// to them, except to put a token: if the token that is expected
/// [exactly](crate::store::ExpectedToken::Exactly) was not loaded through a vault, or the stored
/// one does not open, that takes a second one.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Cafe;
/// use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
/// use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let key = [7; 32]; // in real life: 32 random bytes from a secret store
/// let vault = Vault::new(MemoryStore::new(), KeyRing::new(VaultKey::new("2026-11", &key)?));
/// let manager = StateManager::<Cafe>::new(vault);
/// let user = UserId::new("263771234567")?;
/// let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?;
/// manager.set_jwt_token(&user, &token).await?; // encrypted in the store
/// assert_eq!(manager.load(&user).await?.jwt_token(), Some(&token));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Vault<S> {
    store: S,
    keys: Arc<KeyRing>,
}

impl<S: StateStore> Vault<S> {
    /// Wraps a store.
    pub fn new(store: S, keys: KeyRing) -> Self {
        Self {
            store,
            keys: Arc::new(keys),
        }
    }

    fn associated<'a>(&'a self, user: &'a UserId, field: Field<'a>) -> AssociatedData<'a> {
        AssociatedData {
            namespace: self.store.namespace(),
            user,
            field,
        }
    }

    fn seal(&self, user: &UserId, field: Field<'_>, text: &[u8]) -> Result<String, StoreError> {
        envelope::seal(&self.keys, &self.associated(user, field), text)
            .ok_or_else(|| StoreError::too_large("a text to be encrypted"))
    }

    /// The text of an envelope; `None` if it does not open.
    fn open(&self, user: &UserId, field: Field<'_>, envelope: &str) -> Option<Zeroizing<Vec<u8>>> {
        envelope::open(&self.keys, &self.associated(user, field), envelope)
            .inspect_err(|why| tracing::warn!(?user, %why, "Ignoring a text that does not open"))
            .ok()
    }

    /// The same for an envelope that a store keeps as bytes.
    fn open_bytes(&self, user: &UserId, field: Field<'_>, envelope: &[u8]) -> Option<Box<[u8]>> {
        // Bytes that are not text do not open, and are reported like any other.
        let envelope = String::from_utf8_lossy(envelope);
        let text = self.open(user, field, &envelope)?;
        Some(text.as_slice().into())
    }
}
