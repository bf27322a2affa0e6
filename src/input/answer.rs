//! What a typed answer says, regardless of how the keyboard wrote it.

use std::borrow::Cow;

use super::digit;
use super::invisible::{is_invisible, is_joiner};

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
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
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

fn push(word: &mut String, c: char) {
    if c == KEYCAP {
        enclose_last_digit(word);
    } else if c.is_whitespace() {
        push_space(word);
    } else if is_invisible(c) && !is_joiner(c) && c != SOFT_HYPHEN {
        // Dropped. A soft hyphen is not, because some programs show it as a hyphen: "-1".
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
/// (`-1`, `+1`), fractions (`1.5`, `.5`), exponents, several numbers (`1 2`) and numbers among other
/// words.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn number_is_read_however_it_is_written() {
        for text in [
            "1",
            " 1 ",
            "01",
            "1.",
            "1)",
            "(1)",
            "#1",
            "[1]",
            "1,",
            "1:",
            "*1*",
            "_1_",
            "\"1\"",
            "“1”",
            "１",
            "１．",
            "（１）",
            "١",
            "۱",
            "१",
            "১",
            "๑",
            "၁",
            "𝟏",
            "1️⃣",
            "1⃣",
            "1️⃣.",
            "#1️⃣",
            "①",
            "⑴",
            "⒈",
            "❶",
            "\u{200f}1",
            "1\u{200b}",
            "\u{202a}1\u{202c}",
            "\u{feff}1",
            "1\u{fe0f}",
            "\u{2066}1\u{2069}.",
            "1\u{a0}",
            "\u{3000}1",
            "\u{202f}1",
            "1!",
            "1…",
            "١\u{200f}.",
            "1\u{2060}\n",
            "\u{200d}1\u{200c}",
        ] {
            assert_eq!(number(text), Some(1), "{text:?}");
        }
        assert_eq!(number("🔟"), Some(10));
        assert_eq!(number("１０"), Some(10));
        assert_eq!(number("000000012"), Some(12));
        assert_eq!(number("999999999"), Some(999_999_999));
    }

    #[test]
    fn other_texts_are_no_number() {
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "−1",
            "–1",
            "—1",
            "‐1",
            "1-",
            "±1",
            "－1",
            "＋1",
            "﹣1",
            "➖1",
            "➕1",
            "\u{ad}1",
            "(-1)",
            "#-1",
            "1.5",
            ".5",
            ",5",
            "1,5",
            "1/2",
            "½",
            "1e3",
            "1E3",
            "1 2",
            "1️⃣2️⃣",
            "①②",
            "1️⃣0️⃣",
            "1.2.",
            "0x1",
            "1st",
            "one",
            "Ⅰ",
            "一",
            "²",
            "$1",
            "1%",
            "1?",
            "~1",
            "1234567890",
            "0000000001",
            "1\u{200d}2",
            "1_2",
            "1'2",
        ] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    #[test]
    fn word_is_read_however_it_is_written() {
        for text in [
            "yes",
            "Yes",
            "YES!",
            "Yes.",
            "yes,",
            "\"yes\"",
            "'yes'",
            "«Yes»",
            "“Yes.”",
            "*Yes*",
            "_yes_",
            "(yes)",
            "¡Yes!",
            "yes…",
            "yes\u{200e}",
            "\u{200f}yes",
            "y\u{200b}es",
            "ＹＥＳ",
            "yes\u{200d}.",
            " yes !",
            "「yes」",
            "yes。",
        ] {
            assert_eq!(word(text), "yes", "{text:?}");
        }
        for text in ["yes?", "yes no", "-yes", "yess", "y e s", "yes\u{ad}"] {
            assert_ne!(word(text), "yes", "{text:?}");
        }
        assert_eq!(word("View \t Pending"), "view pending");
        assert_eq!(word("ÉCOLE"), "école");
        assert_eq!(word("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(word("!"), "");
        assert_eq!(word("👍🏽"), "👍🏽");
    }

    #[test]
    fn entry_is_picked_by_position_or_name() {
        let names = ["IN", "OUT", "out", "2"];
        for (text, index) in [
            ("1", Some(0)),
            ("٤", Some(3)),
            ("4", Some(3)),
            ("in", Some(0)),
            ("In.", Some(0)),
            ("OUT", Some(1)),
            ("out", Some(2)),
            ("Out", None),  // two names are this word
            ("2", Some(1)), // a number is a position
            ("5", None),
            ("0", None),
            ("9999999999", None),
            ("", None),
            ("!", None),
        ] {
            assert_eq!(pick(text, names), index, "{text:?}");
        }
        assert_eq!(pick("!", ["!"]), Some(0));
        assert_eq!(pick("", [""; 0]), None);
    }

    #[test]
    fn ends_of_free_text_are_cut() {
        assert_eq!(trim("\u{200f} \u{feff}a b\u{200b}\n"), "a b");
        assert_eq!(trim("“a”"), "“a”");
        assert_eq!(trim("\u{200e}"), "");
    }

    /// Texts of what people type, and of what trips a reader up.
    fn typed() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(
            "0123456789١२１𝟏①⑽🔟⃣\u{fe0f}\u{200b}\u{200d}\u{200e}\u{202e}\u{ad} \u{a0}().,:!?#*_-+−'\"aZıİſKßǅ"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![3 => odd, 1 => any::<char>()], 0..8)
            .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in typed()) {
            let once = word(&text).into_owned();
            prop_assert_eq!(word(&once), once.as_str());
            prop_assert_eq!(number(&once), number(&text));
        }

        #[test]
        fn number_is_the_same_in_every_script(
            n in 0_u32..1_000_000_000, zeros in prop::collection::vec(0_usize..76, 9),
        ) {
            let digits = n.to_string();
            let text: String = digits
                .bytes()
                .zip(&zeros)
                .map(|(digit, script)| {
                    char::from_u32(digit::zero(*script) + u32::from(digit - b'0')).unwrap()
                })
                .collect();
            prop_assert_eq!(number(&text), Some(n), "{}", text);
        }

        #[test]
        fn text_with_a_sign_is_no_number(
            before in typed(), after in typed(),
            sign in prop::sample::select(vec!['-', '+', '−', '–', '—', '‐', '‑', '±', '﹣', '－', '＋', '➖']),
        ) {
            let text = format!("{before}{sign}{after}");
            prop_assert_eq!(number(&text), None, "{:?}", text);
        }

        #[test]
        fn any_two_numbers_in_a_text_are_none(a in "[0-9]{1,3}", b in "[0-9]{1,3}", between in "[ .,:/)(]{1,3}") {
            let text = format!("{a}{between}{b}");
            prop_assert_eq!(number(&text), None, "{:?}", text);
        }
    }
}
