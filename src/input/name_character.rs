//! Characters that a name must not have, and those that join letters.

/// A mark that changes the direction of the text: Unicode's `Bidi_Control`.
pub(super) const fn is_bidi_control(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// A code point that is no character: private use, a non-character, a replacement for something
/// that could not be read, or in a plane that Unicode has not assigned.
pub(super) const fn is_unassigned(c: char) -> bool {
    matches!(
        c,
        '\u{e000}'..='\u{f8ff}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fffc}'..='\u{ffff}'
            | '\u{1fffe}'..='\u{1ffff}'
            | '\u{2fffe}'..='\u{2ffff}'
            | '\u{3fffe}'..='\u{dffff}'
            | '\u{efffe}'..='\u{10ffff}'
    )
}

/// Whether a letter or mark is of a script whose letters join or stack, so that a joiner beside it
/// changes its shape: Arabic, the scripts of India and their relatives.
pub(super) const fn joins(c: char) -> bool {
    matches!(
        c,
        '\u{620}'..='\u{65f}'
            | '\u{66e}'..='\u{6d3}'
            | '\u{6d5}'..='\u{6dc}'
            | '\u{6df}'..='\u{6e8}'
            | '\u{6ea}'..='\u{6ef}'
            | '\u{6fa}'..='\u{86a}'
            | '\u{8a0}'..='\u{963}'
            | '\u{971}'..='\u{9e3}'
            | '\u{9f0}'..='\u{df3}'
            | '\u{f40}'..='\u{fbc}'
            | '\u{1000}'..='\u{103f}'
            | '\u{1050}'..='\u{108f}'
            | '\u{1780}'..='\u{17d3}'
            | '\u{1820}'..='\u{18aa}'
            | '\u{a840}'..='\u{a873}'
            | '\u{fb50}'..='\u{fdcf}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{11000}'..='\u{11fff}'
            | '\u{1e900}'..='\u{1e94b}'
    )
}

/// The sign that takes the vowel from a letter, in the scripts of India and their relatives. A
/// zero width joiner after it chooses the shape of the letter, also at the end of a word.
pub(super) const fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d4d}'
            | '\u{dca}'
            | '\u{1039}'
            | '\u{17d2}'
    )
}
