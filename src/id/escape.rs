//! How any text becomes a part of an id, and how it is read back.

/// Begins the id of a text that is too long to be read back. `h` is no hexadecimal digit, so no
/// escape begins like this.
pub(super) const HASHED: &str = "+h";

/// Begins the id of a conversation key that is too long to be read back.
pub(super) const HASHED_KEY: &str = "+k";

/// A character that an id has as it is. The only other one is the `+` of an escape.
pub(super) const fn is_plain(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '@' | '-')
}

/// Writes a text with the characters of an id: each byte that is not [plain](is_plain) becomes `+`
/// and two upper-case hexadecimal digits.
pub(super) fn push_escaped(id: &mut String, text: &str) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for byte in text.bytes() {
        if is_plain(char::from(byte)) {
            id.push(char::from(byte));
        } else {
            id.push('+');
            for half in [byte >> 4, byte & 15] {
                id.extend(DIGITS.get(usize::from(half)));
            }
        }
    }
}

/// Reads exactly what [`push_escaped`] writes.
pub(super) fn unescaped(escaped: &str) -> Option<String> {
    let mut text = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'+' {
            let high = hex_digit(bytes.next()?)?;
            let low = hex_digit(bytes.next()?)?;
            let byte = high << 4 | low;
            // One text has one form, so a plain byte must not be escaped.
            if is_plain(char::from(byte)) {
                return None;
            }
            text.push(byte);
        } else if is_plain(char::from(byte)) {
            text.push(byte);
        } else {
            return None;
        }
    }
    String::from_utf8(text).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
