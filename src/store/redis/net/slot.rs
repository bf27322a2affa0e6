//! Which part of a cluster a key is in.

use crc::{CRC_16_XMODEM, Crc};

/// The slot of a key: a hash of what is in its first braces, or else of all of it.
pub(super) fn slot(key: &str) -> u16 {
    const HASH: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or(key, |(tag, _)| tag);
    HASH.checksum(tag.as_bytes()) % 16_384
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_is_that_of_the_text_in_braces() {
        // The expected numbers are what CLUSTER KEYSLOT replies.
        assert_eq!(slot("123456789"), 12_739);
        assert_eq!(slot("263771234567"), 3910);
        assert_eq!(slot("bank:_probe"), 12_757);
        for key in [
            "{263771234567}",
            "bank:{263771234567}_done_1",
            "{263771234567}{other}",
        ] {
            assert_eq!(slot(key), slot("263771234567"), "{key}");
        }
    }
}
