//! The first words of a server's error text, which are safe to print.
//!
//! A text may quote the request: its keys with the user id, its arguments, all of it. So the plain
//! words at the beginning are taken, up to the first digit, quote or bracket.

const MAX_LEN: usize = 60;
const MAX_WORD: usize = 20;

/// The first words of the first sentence. Ends before a word that is in the key of the request.
pub(super) fn first_words<'a>(text: &'a str, key: &str) -> &'a str {
    let key = key.to_ascii_lowercase();
    let mut begin = 0;
    let mut end = 0;
    for word in text.split(' ') {
        let plain = word.trim_end_matches(['.', ',', ';']);
        let is_of_key = plain.len() > 2 && key.contains(&plain.to_ascii_lowercase());
        if !is_plain(plain) || is_of_key || begin + plain.len() > MAX_LEN {
            break;
        }
        end = begin + plain.len();
        if word.ends_with('.') {
            // Providers put figures and the whole request after their first sentence.
            break;
        }
        begin += word.len() + 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Letters, with a hyphen or an apostrophe between them. What has more letters than any such word
/// may be a secret.
fn is_plain(word: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic();
    let between = |byte: u8| is_letter(byte) || byte == b'-' || byte == b'\'';
    let bytes = word.as_bytes();
    bytes.len() <= MAX_WORD
        && bytes.first().copied().is_some_and(is_letter)
        && bytes.last().copied().is_some_and(is_letter)
        && bytes.iter().copied().all(between)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_end_before_the_first_argument() {
        for (text, words) in [
            ("upstream failure", "upstream failure"),
            (
                "max daily request limit exceeded. Limit: 10000, Usage: 10001. See https://x",
                "max daily request limit exceeded",
            ),
            ("unsupported command 'HELLO'", "unsupported command"),
            (
                "unknown command `EVAL`, with args beginning with: `a`",
                "unknown command",
            ),
            ("unknown command \"EVAL\"", "unknown command"),
            ("value of bank:263771234567_stage is wrong", "value of"),
            ("no such key {263771234567}", "no such key"),
            ("write denied for 263771234567", "write denied for"),
            ("invalid data {\"pin\":1}", "invalid data"),
            (
                "can't write, try again later.",
                "can't write, try again later",
            ),
            ("token eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token"),
            ("secret abcdefghijklmnopqrstuvwxyz", "secret"),
            ("\u{202e}", ""),
            ("!!!", ""),
            ("", ""),
        ] {
            assert_eq!(first_words(text, "263771234567"), words);
        }
    }

    #[test]
    fn words_end_before_a_part_of_the_key() {
        let text = "the entry of Alice is locked";
        assert_eq!(first_words(text, "cafe:alice"), "the entry of");
        assert_eq!(first_words(text, "cafe:bob"), text);
    }

    proptest! {
        #[test]
        fn words_are_bounded_plain_and_at_the_start(text in ".{0,200}") {
            let words = first_words(&text, "");
            prop_assert!(words.len() <= MAX_LEN);
            prop_assert!(text.starts_with(words));
            prop_assert!(!words.contains(|c: char| c.is_ascii_digit() || !c.is_ascii()));
        }
    }
}
