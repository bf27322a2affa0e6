//! The envelope: `vault1 <key id> <nonce and sealed text, base64url>`.
//!
//! The spaces are there so that nothing sealed is ever taken for a token, which holds none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::key::{KeyRing, VaultKey};
use crate::id::{CommitId, UserId};

const FORMAT: &str = "vault1";
const NONCE: usize = 24;

/// Where a sealed text belongs. Anywhere else it does not open.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) namespace: &'a str,
    pub(super) user: &'a UserId,
    pub(super) field: Field<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Token,
    Reply(&'a CommitId),
}

impl Place<'_> {
    /// The associated data: every part with its length before it, so that no two places are spelt alike.
    fn bind(&self, key: &str) -> Vec<u8> {
        let (field, commit) = match self.field {
            Field::Token => ("jwt_token", String::new()),
            Field::Reply(commit) => ("reply", commit.to_string()),
        };
        let mut bound = Vec::with_capacity(256);
        for part in [
            FORMAT,
            key,
            self.namespace,
            self.user.expose(),
            field,
            &commit,
        ] {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part.as_bytes());
        }
        bound
    }
}

/// Seals a text with the active key. `None` for a text beyond what the cipher takes, 256 GiB.
pub(super) fn seal(keys: &KeyRing, place: &Place<'_>, text: &[u8]) -> Option<String> {
    let key = keys.active();
    let nonce: [u8; NONCE] = rand::random();
    let mut sealed = Vec::with_capacity(NONCE + text.len() + 16);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(text);
    let body = sealed.get_mut(NONCE..)?;
    let tag = cipher(key)
        .encrypt_inout_detached(&XNonce::from(nonce), &place.bind(key.id()), body.into())
        .ok()?;
    sealed.extend_from_slice(&tag);
    let mut envelope = format!("{FORMAT} {} ", key.id());
    URL_SAFE_NO_PAD.encode_string(sealed, &mut envelope);
    Some(envelope)
}

/// Why an envelope does not open. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unopened {
    #[error("it is not in the form of an envelope")]
    Form,
    #[error("its key is not on the ring")]
    Key,
    #[error("it was tampered with, or belongs elsewhere")]
    Seal,
}

/// Opens an envelope, if it was sealed for this very place.
pub(super) fn open(
    keys: &KeyRing,
    place: &Place<'_>,
    envelope: &str,
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let mut parts = envelope.split(' ');
    let (Some(FORMAT), Some(id), Some(sealed), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Unopened::Form);
    };
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopened::Form)?;
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(Unopened::Form)?;
    let (body, tag) = body.split_last_chunk::<16>().ok_or(Unopened::Form)?;
    let key = keys.find(id).ok_or(Unopened::Key)?;
    let mut text = Zeroizing::new(body.to_vec());
    let (nonce, tag) = (XNonce::from(*nonce), (*tag).into());
    cipher(key)
        .decrypt_inout_detached(&nonce, &place.bind(id), text.as_mut_slice().into(), &tag)
        .map_err(|_| Unopened::Seal)?;
    Ok(text)
}

fn cipher(key: &VaultKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}
