//! The envelope: `vault1 <key id> <nonce and sealed text, base64url>`.
//!
//! A token contains no space, so a sealed text is never taken for a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::key::{KeyRing, VaultKey};
use crate::id::{CallKey, CommitId, UserId};

const FORMAT: &str = "vault1";
/// The lengths of the nonce and of the tag, in bytes.
const NONCE: usize = 24;
const TAG: usize = 16;

/// What a text is sealed for. It does not open for anything else.
#[derive(Clone, Copy)]
pub(super) struct AssociatedData<'a> {
    pub(super) namespace: &'a str,
    pub(super) user: &'a UserId,
    pub(super) field: Field<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Token,
    /// A reply that is stored for duplicates of this commit.
    Reply(&'a CommitId),
    /// A reply in the outbox, which this commit added, with its destination.
    QueuedReply(&'a CommitId),
    Call(&'a CallKey),
}

impl AssociatedData<'_> {
    /// The bytes. Each part is preceded by its length, so that different data never gives the same
    /// bytes.
    fn to_bytes(self, key: &str) -> Vec<u8> {
        let (field, id) = match self.field {
            Field::Token => ("jwt_token", String::new()),
            Field::Reply(commit) => ("reply", commit.to_string()),
            Field::QueuedReply(commit) => ("queued_reply", commit.to_string()),
            Field::Call(key) => ("call", key.to_string()),
        };
        let mut bytes = Vec::with_capacity(256);
        for part in [FORMAT, key, self.namespace, self.user.expose(), field, &id] {
            // The lengths separate the parts: two different lists never give the same bytes.
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// Seals a text with the active key. `None` if it is longer than the cipher takes, 256 GiB.
pub(super) fn seal(keys: &KeyRing, associated: &AssociatedData<'_>, text: &[u8]) -> Option<String> {
    let key = keys.active();
    // 192 bits: random nonces do not repeat, so no counter has to be kept.
    let nonce: [u8; NONCE] = rand::random();
    let mut sealed = Vec::with_capacity(NONCE + text.len() + TAG);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(text);
    let body = sealed.get_mut(NONCE..)?;
    let tag = cipher(key)
        .encrypt_inout_detached(
            &XNonce::from(nonce),
            &associated.to_bytes(key.id()),
            body.into(),
        )
        .ok()?;
    sealed.extend_from_slice(&tag);
    let mut envelope = format!("{FORMAT} {} ", key.id());
    URL_SAFE_NO_PAD.encode_string(sealed, &mut envelope);
    Some(envelope)
}

/// Why an envelope does not open. Shows no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unopened {
    #[error("not an envelope: expected `vault1 <key id> <text>`")]
    Form,
    #[error("sealed with a key that is not on the key ring")]
    Key,
    #[error("changed since it was sealed, or sealed for another user or field")]
    Seal,
}

/// Opens an envelope that was sealed for the same data.
pub(super) fn open(
    keys: &KeyRing,
    associated: &AssociatedData<'_>,
    envelope: &str,
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let mut parts = envelope.split(' ');
    let (Some(FORMAT), Some(id), Some(sealed), None) =
        // A fourth part would be ignored silently, so there must be none.
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Unopened::Form);
    };
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopened::Form)?;
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(Unopened::Form)?;
    let (body, tag) = body.split_last_chunk::<TAG>().ok_or(Unopened::Form)?;
    let key = keys.find(id).ok_or(Unopened::Key)?;
    // Decrypted in place, in a buffer that is wiped when it is dropped.
    let mut text = Zeroizing::new(body.to_vec());
    let nonce = XNonce::from(*nonce);
    let tag = (*tag).into();
    cipher(key)
        .decrypt_inout_detached(
            &nonce,
            &associated.to_bytes(id),
            text.as_mut_slice().into(),
            &tag,
        )
        .map_err(|_| Unopened::Seal)?;
    Ok(text)
}

fn cipher(key: &VaultKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}
