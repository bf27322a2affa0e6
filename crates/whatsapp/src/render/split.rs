//! Splits a long text where a reader pauses.

use unicode_segmentation::UnicodeSegmentation;

use crate::limits::length;

/// A place to cut.
struct Cut {
    at: usize,
    /// The length of the text before it.
    before: usize,
    after: After,
}

/// What ends at a cut. A later one is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Character,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// The text in parts of at most `limit`, none of them blank. Only spaces are left out.
pub(super) fn split(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while length(rest) > limit {
        let (part, further) = rest.split_at(head(rest, limit));
        parts.push(part.trim_end());
        rest = further.trim_start_matches(['\n', '\r', ' ']);
    }
    parts.push(rest);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The text in two parts, of which the second one has at most `limit`, and is blank only if the
/// text is.
pub(super) fn tail(text: &str, limit: usize) -> (&str, &str) {
    let text = text.trim_end();
    let length = length(text);
    if length <= limit {
        return ("", text);
    }
    let cuts = cuts(text, length);
    let left = |cut: &&Cut| length - cut.before;
    let near = cuts
        .iter()
        .filter(|cut| (limit / 2..=limit).contains(&left(cut)));
    let best = near
        .rev()
        .max_by_key(|cut| cut.after)
        .filter(|cut| cut.after > After::Character)
        .or_else(|| cuts.iter().find(|cut| left(cut) <= limit));
    // A single character that is longer than the limit: accents upon accents.
    let at = best.map_or_else(|| floor(text, length - limit), |cut| cut.at);
    let (before, after) = text.split_at(at);
    (before, after.trim_start_matches(['\n', '\r', ' ']))
}

/// Where the first part ends.
fn head(text: &str, limit: usize) -> usize {
    let cuts = cuts(text, limit);
    let fits = |cut: &&Cut| cut.before <= limit;
    let near = cuts
        .iter()
        .filter(fits)
        .filter(|cut| cut.before > limit / 2);
    near.max_by_key(|cut| cut.after)
        .filter(|cut| cut.after > After::Character)
        .or_else(|| cuts.iter().rfind(fits))
        .map_or_else(|| floor(text, limit), |cut| cut.at)
}

/// Every place between two characters as a reader sees them, with at most this length before it.
fn cuts(text: &str, most: usize) -> Vec<Cut> {
    let mut before = 0;
    let mut cuts = Vec::new();
    for (at, character) in text.grapheme_indices(true) {
        if before > most {
            break;
        }
        if at > 0 {
            let after = what_ends(text.get(..at).unwrap_or_default());
            cuts.push(Cut { at, before, after });
        }
        before += length(character);
    }
    cuts
}

fn what_ends(text: &str) -> After {
    let is_space = text.ends_with(char::is_whitespace);
    if text.ends_with("\n\n") || text.ends_with("\r\n\r\n") {
        After::Paragraph
    } else if text.ends_with('\n') {
        After::Line
    } else if is_space
        && text
            .trim_end()
            .ends_with(['.', '!', '?', '…', '。', '؟', '।'])
    {
        After::Sentence
    } else if is_space {
        After::Word
    } else {
        After::Character
    }
}

/// The last place at or before this length that is between two code points, and after the first.
fn floor(text: &str, units: usize) -> usize {
    let mut before = 0;
    let mut last = text.chars().next().map_or(0, char::len_utf8);
    for (at, c) in text.char_indices() {
        if before > units {
            break;
        }
        if at > 0 {
            last = at;
        }
        before += c.len_utf16();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_one_part() {
        assert_eq!(split("Hello.", 10), ["Hello."]);
        assert_eq!(split("", 10), [""; 0]);
        assert_eq!(split(" \n ", 1), [""; 0]);
        assert_eq!(tail("Hello.", 10), ("", "Hello."));
    }

    #[test]
    fn text_is_split_at_the_best_place() {
        assert_eq!(split("One.\n\nTwo three.", 10), ["One.", "Two three."]);
        assert_eq!(
            split("One, two\nthree four", 12),
            ["One, two", "three four"]
        );
        assert_eq!(split("Is it? It is", 9), ["Is it?", "It is"]);
        assert_eq!(split("one two three", 9), ["one two", "three"]);
        assert_eq!(split("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(
            tail("One. Two\nThree four", 12),
            ("One. Two\n", "Three four")
        );
        assert_eq!(tail("abcdefgh", 3), ("abcde", "fgh"));
    }

    #[test]
    fn what_a_reader_sees_as_one_is_not_split() {
        let family = "👩‍👩‍👧"; // 8 units
        assert_eq!(split(&family.repeat(3), 10), [family; 3]);
        let accents = format!("e{}", "\u{301}".repeat(9));
        assert_eq!(split(&accents, 4).concat(), accents);
        assert_eq!(tail(&accents, 4).1, "\u{301}".repeat(4));
    }
}
