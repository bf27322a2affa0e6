//! 128 bits as 32 hexadecimal digits.

/// Reads exactly what `{:032x}` writes.
pub(crate) fn parse_hex(text: &str) -> Option<u128> {
    // `from_str_radix` would also read a plus sign and capitals.
    let canonical =
        text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    canonical
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}
