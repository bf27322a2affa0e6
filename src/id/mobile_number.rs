//! The digits of a mobile number, or why they cannot be told.
//!
//! Not by a crate: those that read national forms (`phonenumber`, `rlibphonenumber`) carry
//! megabytes of metadata that change with each release, so one text could have another id after an
//! update, and they drop extensions and read letters as digits.

use crate::input;

/// Why a text is not a mobile number in international form. Never repeats the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMobile {
    /// It has fewer than 7 digits.
    #[error("it has fewer than 7 digits; write + and the country code, then the whole number")]
    TooShort,
    /// It has more than 15 digits.
    #[error("it has more than 15 digits; write one number, with one country code")]
    TooLong,
    /// It has no country code: it begins with zero, or with neither `+` nor `00` although it is
    /// written in groups.
    #[error("it has no country code; begin with + and the country code, such as +263")]
    NoCountryCode,
    /// It has a zero that is dialled only within the country.
    #[error("it has a zero that is dialled only within the country; write it without the (0)")]
    TrunkZero,
    /// It may have an extension, or be followed by a second number.
    #[error(
        "it may have an extension or a second number; write one number without extension, and no \
         single digit apart at its end"
    )]
    Extension,
    /// It has a sign that is not at the start.
    #[error("it has a sign that is not at the start; write one number, with one + at the start")]
    Sign,
    /// It has a letter.
    #[error("it has a letter; write digits only")]
    Letter,
    /// It has a parenthesis without its counterpart.
    #[error("it has a parenthesis without its counterpart; write digits only")]
    Parenthesis,
    /// It has another character.
    #[error("it has a character that belongs to no number; write digits only")]
    Character,
}

/// So few digits in parentheses at the end are an extension, or a note.
const MAX_NOTE: usize = 5;

/// What a character of a number means.
enum Mark {
    /// An ASCII digit.
    Digit(char),
    Plus,
    Separator,
    Open,
    Close,
}

fn mark_of(c: char) -> Result<Mark, InvalidMobile> {
    if let Some(digit) = input::decimal(c) {
        return Ok(Mark::Digit(digit));
    }
    match c {
        c if input::is_blank(c) => Ok(Mark::Separator),
        '+' | '\u{fe62}' | '\u{ff0b}' => Ok(Mark::Plus),
        ' ' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Ok(Mark::Separator)
        }
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => {
            Ok(Mark::Separator)
        }
        '.' | '\u{ff0e}' => Ok(Mark::Separator),
        '(' | '\u{ff08}' => Ok(Mark::Open),
        ')' | '\u{ff09}' => Ok(Mark::Close),
        '/' | ';' | ',' | '#' | '*' | 'x' | 'X' => Err(InvalidMobile::Extension),
        c if c.is_alphabetic() => Err(InvalidMobile::Letter),
        _ => Err(InvalidMobile::Character),
    }
}

/// The digits of a number that begins with its country code.
pub(super) fn digits_of(number: &str) -> Result<String, InvalidMobile> {
    let number = number.trim_matches(|c: char| c.is_whitespace() || input::is_invisible(c));
    let mut digits = String::with_capacity(15);
    let mut has_plus = false;
    // What has been seen since the last digit, and where the last group begins.
    let mut is_separated = false;
    let mut group = 0;
    let mut groups = 1;
    // Where the open parenthesis is, and the one that holds the last digit.
    let mut open = None;
    let mut last_open = None;
    for (at, c) in number
        .char_indices()
        .filter(|(_, c)| !input::is_invisible(*c) || input::is_blank(*c))
    {
        let rest = || number.get(at..).unwrap_or_default();
        match mark_of(c).map_err(|why| word_at(rest()).unwrap_or(why))? {
            Mark::Digit(digit) => {
                if is_separated && !digits.is_empty() {
                    groups += 1;
                    group = digits.len();
                }
                // A group in parentheses after the country code is an area code; no area code
                // begins with zero.
                if open == Some(digits.len()) && digit == '0' && !digits.is_empty() {
                    return Err(InvalidMobile::TrunkZero);
                }
                is_separated = false;
                last_open = open;
                digits.push(digit);
            }
            Mark::Plus if digits.is_empty() && !has_plus => has_plus = true,
            Mark::Plus => return Err(InvalidMobile::Sign),
            Mark::Separator => is_separated = true,
            Mark::Open if open.is_none() => {
                is_separated = true;
                open = Some(digits.len());
            }
            Mark::Close if open.is_some() => {
                is_separated = true;
                open = None;
            }
            Mark::Open | Mark::Close => return Err(InvalidMobile::Parenthesis),
        }
    }
    if open.is_some() {
        return Err(InvalidMobile::Parenthesis);
    }
    let has_one_digit_apart = groups > 1 && digits.len() - group == 1;
    let is_note = |at: usize| at > 0 && digits.len() - at <= MAX_NOTE;
    if has_one_digit_apart || last_open.is_some_and(is_note) {
        return Err(InvalidMobile::Extension);
    }
    let international = match digits.strip_prefix("00") {
        Some(rest) if !has_plus => rest,
        _ if has_plus || groups == 1 || digits.starts_with('0') => &digits,
        _ => return Err(InvalidMobile::NoCountryCode),
    };
    check_digits(international)?;
    Ok(international.to_owned())
}

/// A word for an extension, where a letter begins.
fn word_at(rest: &str) -> Option<InvalidMobile> {
    let word = rest.get(..3)?;
    word.eq_ignore_ascii_case("ext")
        .then_some(InvalidMobile::Extension)
}

fn check_digits(digits: &str) -> Result<(), InvalidMobile> {
    if digits.starts_with('0') {
        Err(InvalidMobile::NoCountryCode)
    } else if digits.len() < 7 {
        Err(InvalidMobile::TooShort)
    } else if digits.len() > 15 {
        Err(InvalidMobile::TooLong)
    } else if has_trunk_zero(digits) {
        Err(InvalidMobile::TrunkZero)
    } else {
        Ok(())
    }
}

/// Whether a zero follows the country code, in a country whose numbers do not begin with zero.
fn has_trunk_zero(digits: &str) -> bool {
    let length = country_code_length(digits);
    let Some((code, national)) = digits.split_at_checked(length) else {
        return false;
    };
    // Congo, Côte d'Ivoire, Burkina Faso, Benin, Gabon, San Marino, Italy with the Vatican.
    let begins_with_zero = ["242", "225", "226", "229", "241", "378", "39"].contains(&code);
    national.starts_with('0') && !begins_with_zero
}

/// The digits of a country code, by the ITU's list of them: it is complete since 1997 but for codes
/// of three digits.
fn country_code_length(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}
