//! Numbers and hashes as hexadecimal digits.

use sha2::{Digest, Sha256};

/// Reads exactly what `{:032x}` writes.
pub(crate) fn parse_hex(text: &str) -> Option<u128> {
    // `from_str_radix` would also read a plus sign and capitals.
    is_hex(text, 32)
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

/// Whether a text is so many lower-case hexadecimal digits, and nothing else.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The first half of a hash: 128 bits do not collide by chance.
pub(crate) fn first_half(hash: Sha256) -> u128 {
    let digest: [u8; 32] = hash.finalize().into();
    let half = digest.iter().take(16);
    half.fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// The SHA-256 of a text, as 64 digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text).into();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
