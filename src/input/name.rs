//! Names that other people will read.

use super::digit;
use super::invisible::{is_invisible, is_joiner};
use super::name_character::{is_bidi_control, is_unassigned, is_virama, joins};

/// The longest name, in characters.
pub const MAX_NAME: usize = 100;

const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Braille without a dot: a symbol that looks like a space.
const BLANK_PATTERN: char = '\u{2800}';

/// Reads the name of a person, as others will see it: before they pay, for example.
///
/// White space at both ends is removed, and white space within becomes one space. One name is
/// enough, because many people have only one. The letters are not changed, so two names that look
/// the same may differ in their bytes.
///
/// # Errors
/// [`InvalidName`] if the name
/// * is empty or longer than [`MAX_NAME`] characters
/// * holds no letter
/// * could look like another name: it holds a mark that changes the direction of the text, an
///   invisible character, or a character that is not assigned. A joiner (U+200C, U+200D) is
///   accepted within a word of a script that joins its letters, such as Arabic or Devanagari.
/// * is not on one line: it holds a line break, a separator of lines or paragraphs, or another
///   control character
///
/// # Examples
/// ```
/// use vimbiso_state::input::person_name;
///
/// assert_eq!(person_name("  Ada   Lovelace ")?, "Ada Lovelace");
/// assert_eq!(person_name("Sukarno")?, "Sukarno");
/// let error = person_name("Ada\u{202e}ecalevoL").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "it holds the invisible mark U+202E, which changes the direction of the text; \
///      write the name without it",
/// );
/// # Ok::<(), vimbiso_state::input::InvalidName>(())
/// ```
pub fn person_name(text: &str) -> Result<String, InvalidName> {
    let name = shown(text)?;
    if name.contains(char::is_alphabetic) {
        Ok(name)
    } else {
        Err(InvalidName::NoLetter)
    }
}

/// Reads the name of a business, by the rules of [`person_name`], but digits are enough.
///
/// # Errors
/// [`InvalidName`], as for [`person_name`], if it holds neither a letter nor a digit.
///
/// # Examples
/// ```
/// use vimbiso_state::input::business_name;
///
/// assert_eq!(business_name("Ada & Co.")?, "Ada & Co.");
/// assert_eq!(business_name("24/7")?, "24/7");
/// assert!(business_name("***").is_err());
/// # Ok::<(), vimbiso_state::input::InvalidName>(())
/// ```
pub fn business_name(text: &str) -> Result<String, InvalidName> {
    let name = shown(text)?;
    if name.contains(|c: char| c.is_alphabetic() || digit::decimal(c).is_some()) {
        Ok(name)
    } else {
        Err(InvalidName::NoLetter)
    }
}

/// The text on one line, without anything that is not seen.
fn shown(text: &str) -> Result<String, InvalidName> {
    // Not `trim` alone: it would also remove separators of lines and paragraphs.
    let text = text.trim_matches(|c: char| c.is_whitespace() && !is_separator(c));
    let mut name = String::with_capacity(text.len());
    let mut length = 0;
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        check(before, c, chars.peek().copied())?;
        before = Some(c);
        let is_space = c.is_whitespace();
        if is_space && name.ends_with(' ') {
            continue;
        }
        name.push(if is_space { ' ' } else { c });
        length += 1;
    }
    match length {
        0 => Err(InvalidName::Empty),
        1..=MAX_NAME => Ok(name),
        _ => Err(InvalidName::TooLong { characters: length }),
    }
}

/// Refuses a character that is not seen, or that breaks the line.
fn check(before: Option<char>, c: char, after: Option<char>) -> Result<(), InvalidName> {
    if is_separator(c) || c.is_control() {
        Err(InvalidName::LineBreak { found: c.into() })
    } else if is_bidi_control(c) {
        Err(InvalidName::Direction { found: c.into() })
    } else if is_unseen(before, c, after) {
        Err(InvalidName::Invisible { found: c.into() })
    } else if is_unassigned(c) {
        Err(InvalidName::Unassigned { found: c.into() })
    } else {
        Ok(())
    }
}

const fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character shows nothing. A joiner does not if it leaves the letters beside it alone.
fn is_unseen(before: Option<char>, c: char, after: Option<char>) -> bool {
    if !is_joiner(c) {
        return is_invisible(c) || c == BLANK_PATTERN;
    }
    // Some of the scripts' ranges include their digits.
    let is_letter = |c: char| joins(c) && !c.is_numeric();
    let is_within = before.is_some_and(is_letter) && after.is_some_and(is_letter);
    let chooses_a_shape = c == ZERO_WIDTH_JOINER && before.is_some_and(is_virama);
    !is_within && !chooses_a_shape
}

/// Why a text is not a name. The text of the error continues a sentence such as "That is not a
/// name:", and never repeats the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidName {
    /// The text is empty.
    #[error("it is empty; write 1 to {MAX_NAME} characters")]
    Empty,
    /// The text is longer than [`MAX_NAME`] characters.
    #[error("it has {characters} characters; write at most {MAX_NAME}")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// The text holds no letter.
    #[error("it holds no letter; write the name in letters")]
    NoLetter,
    /// The text holds a line break, a separator of lines or paragraphs, or a control character.
    #[error("it holds the line break or control character U+{found:04X}; write it on one line")]
    LineBreak {
        /// The first such character.
        found: u32,
    },
    /// The text holds a mark that changes the direction of the text.
    #[error(
        "it holds the invisible mark U+{found:04X}, which changes the direction of the text; \
         write the name without it"
    )]
    Direction {
        /// The first such character.
        found: u32,
    },
    /// The text holds a character that cannot be seen.
    #[error("it holds the invisible character U+{found:04X}; write the name without it")]
    Invisible {
        /// The first such character.
        found: u32,
    },
    /// The text holds a private or unassigned character.
    #[error("it holds U+{found:04X}, which other phones cannot show; write the name without it")]
    Unassigned {
        /// The first such character.
        found: u32,
    },
}

#[cfg(test)]
mod tests;
