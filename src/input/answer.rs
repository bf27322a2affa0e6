//! What a typed answer says, regardless of how the keyboard wrote it.

use std::borrow::Cow;

use super::digit;
use super::invisible::{is_blank, is_invisible, is_joiner};

/// The most digits of a number. Longer runs are phone numbers and mistakes.
const MAX_DIGITS: usize = 9;
const SOFT_HYPHEN: char = '\u{ad}';
const KEYCAP: char = '\u{20e3}';

/// A text without white space and invisible characters at its ends. For free text, such as a name
/// or an address.
///
/// # Examples
/// ```
/// use vimbiso_state::input;
///
/// assert_eq!(input::trim(" \u{202a}12 Main St\u{202c}\n"), "12 Main St");
/// ```
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_dropped(c))
}

/// A typed word in one form, to be compared with the words that a bot knows.
///
/// * Lower case; one space for any white space; no invisible characters, such as marks of
///   direction. Joiners inside a word stay.
/// * No quotation marks, brackets, `*`, `_` or `#` around it, and no `.` `,` `;` `:` `!` at its
///   end. A question mark stays: "yes?" is no yes.
/// * The digits of every script as ASCII digits, and fullwidth letters as ASCII letters.
///
/// A word that is in this form stays as it is.
///
/// # Examples
/// ```
/// use vimbiso_state::input;
///
/// for typed in ["yes", "Yes.", "YES!", "\"yes\"", "*yes*", "ｙｅｓ", "yes\u{200e}"] {
///     assert_eq!(input::word(typed), "yes");
/// }
/// assert_eq!(input::word("View\u{a0} Pending"), "view pending");
/// ```
#[must_use]
pub fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut word = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut word, c);
    }
    let end = word.trim_end_matches(may_follow).len();
    word.truncate(end);
    let start = word.len() - word.trim_start_matches(may_precede).len();
    word.drain(..start);
    Cow::Owned(word)
}

/// Whether a character counts for nothing. A soft hyphen does not, because some programs show it as
/// a hyphen: "-1".
fn is_dropped(c: char) -> bool {
    is_invisible(c) && c != SOFT_HYPHEN
}

fn push(word: &mut String, c: char) {
    if c == KEYCAP {
        enclose_last_digit(word);
    } else if c.is_whitespace() || is_blank(c) {
        push_space(word);
    } else if is_dropped(c) && !is_joiner(c) {
        // Nothing is written.
    } else if let Some(digit) = digit::decimal(c) {
        word.push(digit);
    } else if let Some(number) = digit::enclosed(c) {
        push_space(word);
        word.push_str(&number.to_string());
        word.push(' ');
    } else {
        word.extend(halfwidth(c).to_lowercase());
    }
}

/// A digit on a keycap is a number of its own, so two of them are two numbers.
fn enclose_last_digit(word: &mut String) {
    if let Some(digit) = word.pop() {
        if digit.is_ascii_digit() {
            push_space(word);
            word.push(digit);
            word.push(' ');
        } else {
            word.push(digit);
        }
    }
}

fn push_space(word: &mut String) {
    if !word.is_empty() && !word.ends_with(' ') {
        word.push(' ');
    }
}

/// A fullwidth letter or sign as the ASCII character that it is a wide form of.
fn halfwidth(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// What may be before a word without being part of it. No sign and no full stop: "-1" and ".5" are
/// not 1 and 5.
fn may_precede(c: char) -> bool {
    is_joiner(c) || is_quote(c) || matches!(c, ' ' | '(' | '[' | '#' | '*' | '_' | '¿' | '¡')
}

/// What may follow a word without being part of it. No question mark: "yes?" is no yes.
fn may_follow(c: char) -> bool {
    let is_punctuation = matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '…' | '。' | '、' | '،' | '؛' | '۔' | '।' | '։'
    );
    is_joiner(c) || is_quote(c) || is_punctuation || matches!(c, ' ' | ')' | ']' | '*' | '_')
}

fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '«' | '»' | '‹' | '›' | '\u{2018}'..='\u{201f}' | '「' | '」'
    )
}

/// A typed number: digits of any script, at most nine, and nothing else but what [`word`] removes.
///
/// Reads `1`, `01`, `1.`, `1)`, `(1)`, `#1`, `*1*`, `１`, `١`, `1️⃣`, `①` and `🔟`. Refuses signs
/// (`-1`, `+1`), fractions (`1.5`, `.5`), exponents, several numbers (`1 2`) and numbers among
/// other words.
///
/// # Examples
/// ```
/// use vimbiso_state::input;
///
/// assert_eq!(input::number(" 2) "), Some(2));
/// assert_eq!(input::number("२"), Some(2)); // Devanagari
/// assert_eq!(input::number("-2"), None);
/// assert_eq!(input::number("2.5"), None);
/// assert_eq!(input::number("2 3"), None);
/// assert_eq!(input::number("1234567890"), None);
/// ```
#[must_use]
pub fn number(text: &str) -> Option<u32> {
    let digits = word(text);
    let is_number = (1..=MAX_DIGITS).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// The index of the entry that a typed answer picks from a list: by its [`number`], from 1, or by
/// its name.
///
/// A number is always a position, even if a name consists of digits. A name is compared exactly
/// first, then as a [`word`]; it picks nothing if two names are the same word.
///
/// # Examples
/// ```
/// use vimbiso_state::input;
///
/// let drinks = ["coffee", "tea"];
/// assert_eq!(input::pick("2.", drinks), Some(1));
/// assert_eq!(input::pick("Tea!", drinks), Some(1));
/// assert_eq!(input::pick("3", drinks), None);
/// ```
#[must_use]
pub fn pick<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let mut names = names.into_iter().enumerate();
    let typed = word(text);
    if !typed.is_empty() && typed.bytes().all(|digit| digit.is_ascii_digit()) {
        let index = usize::try_from(number(&typed)?).ok()?.checked_sub(1)?;
        return names.nth(index).map(|(index, _)| index);
    }
    let mut same_word = None;
    let mut count = 0;
    for (index, name) in names {
        if name == text {
            return Some(index);
        }
        if word(name) == typed {
            same_word = Some(index);
            count += 1;
        }
    }
    same_word.filter(|_| count == 1 && !typed.is_empty())
}

#[cfg(test)]
mod tests;
