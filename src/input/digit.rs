//! Digits and numbers of all scripts.

/// The decimal digits of every script of Unicode 16, by their zeros. The nine others follow.
const ZEROS: &[char] = &[
    '0',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{10d40}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{116d0}',
    '\u{116da}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11bf0}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11f50}',
    '\u{16130}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{16d70}',
    '\u{1ccf0}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e5f1}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Numbers in circles and brackets, and with a full stop, by the first of each row; how many there
/// are, from 1.
const ENCLOSED: &[(char, u32)] = &[
    ('\u{2460}', 20), // ①
    ('\u{2474}', 20), // ⑴
    ('\u{2488}', 20), // ⒈
    ('\u{24f5}', 10), // ⓵
    ('\u{2776}', 10), // ❶
    ('\u{2780}', 10), // ➀
    ('\u{278a}', 10), // ➊
];

const KEYCAP_TEN: char = '\u{1f51f}';

/// The decimal digit of any script as an ASCII digit.
pub(crate) fn decimal(c: char) -> Option<char> {
    let before = ZEROS.partition_point(|zero| *zero <= c);
    let zero = ZEROS.get(before.checked_sub(1)?)?;
    char::from_digit(u32::from(c) - u32::from(*zero), 10)
}

/// The number that one character is: `①`, `⑴`, `⒈`, `🔟`.
pub(super) fn enclosed(c: char) -> Option<u32> {
    if c == KEYCAP_TEN {
        return Some(10);
    }
    ENCLOSED.iter().find_map(|(first, count)| {
        let position = u32::from(c).checked_sub(u32::from(*first))?;
        (position < *count).then_some(position + 1)
    })
}

#[cfg(test)]
pub(super) fn zero(script: usize) -> u32 {
    u32::from(ZEROS[script])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_in_order_and_do_not_overlap() {
        assert!(
            ZEROS
                .windows(2)
                .all(|two| u32::from(two[0]) + 10 <= u32::from(two[1]))
        );
        // What the standard library calls numeric but we do not read: fractions, letters.
        assert!(ZEROS.iter().all(|zero| zero.is_numeric()));
    }

    #[test]
    fn neighbours_of_digits_are_no_digits() {
        for c in [
            '/',
            ':',
            'a',
            '\u{65f}',
            '\u{66a}',
            '½',
            '²',
            'Ⅷ',
            '一',
            '\u{1fbfa}',
            '\u{19da}',
        ] {
            assert_eq!(decimal(c), None, "{c}");
        }
    }

    #[test]
    fn enclosed_numbers_are_numbers() {
        for (c, number) in [
            ('①', 1),
            ('⑳', 20),
            ('⑴', 1),
            ('⒓', 12),
            ('❿', 10),
            ('🔟', 10),
        ] {
            assert_eq!(enclosed(c), Some(number), "{c}");
        }
        for c in ['1', '⑟', '⒜', '➔', '⓿'] {
            assert!(enclosed(c).is_none_or(|number| number > 0), "{c}");
        }
    }
}
