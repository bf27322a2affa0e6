//! Characters that no reader sees.

/// Whether a character shows nothing by itself: controls of direction and format, joiners,
/// variation selectors, fillers. White space is visible here.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an invisible character is read as a space: fillers, which most screens show as wide as a
/// letter, and the invisible comma of mathematics.
pub(crate) const fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{2063}' | '\u{3164}' | '\u{ffa0}'
    )
}

/// Joiners, which some scripts need inside a word.
pub(crate) const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::is_invisible;

    #[test]
    fn what_a_reader_sees_is_visible() {
        for c in [
            'a', '1', ' ', '\n', '-', 'é', '\u{301}', '١', '字', '🛎', '\u{20e3}', '\u{600}',
        ] {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn controls_of_direction_and_format_are_invisible() {
        for c in [
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{61c}',
            '\u{180e}',
            '\u{3164}',
            '\0',
        ] {
            assert!(is_invisible(c), "{c:?}");
        }
    }
}
