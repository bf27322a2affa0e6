//! The limits of a text, counted in UTF-16 units.

use unicode_segmentation::UnicodeSegmentation;

/// The length of a text in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Splits a text into parts of at most `max` units, none of them blank: at the end of a paragraph,
/// a line or a word if there is one in the second half of a part. What is left out is the space at
/// the ends of the parts, which Telegram leaves out too.
pub(super) fn split(text: &str, max: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (part, further) = rest.split_at(end_of_part(rest, max));
        parts.push(part.trim_end());
        rest = further.trim_start();
    }
    parts
}

/// The text, or its beginning and an ellipsis.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if units(text) <= max {
        return text.to_owned();
    }
    let end = last_boundary(text, max.saturating_sub(1));
    let beginning = text.get(..end).unwrap_or_default();
    format!("{}…", beginning.trim_end())
}

/// Where the first part ends, in bytes.
fn end_of_part(text: &str, max: usize) -> usize {
    if units(text) <= max {
        return text.len();
    }
    let end = last_boundary(text, max);
    let longest = text.get(..end).unwrap_or(text);
    let later_than_half = |at: &usize| *at > end / 2;
    let paragraph = longest.rfind("\n\n").filter(later_than_half);
    let line = || longest.rfind('\n').filter(later_than_half);
    let word = || longest.rfind(char::is_whitespace).filter(later_than_half);
    paragraph.or_else(line).or_else(word).unwrap_or(end)
}

/// The longest beginning of at most `max` units, and at least one character, that ends between two
/// characters as a user sees them.
fn last_boundary(text: &str, max: usize) -> usize {
    let within = |ends: &mut dyn Iterator<Item = (usize, &str)>| {
        let mut length = 0;
        let mut end = 0;
        for (at, piece) in ends {
            length += units(piece);
            if length > max {
                break;
            }
            end = at + piece.len();
        }
        end
    };
    match within(&mut text.grapheme_indices(true)) {
        // One character with thousands of marks.
        0 => {
            let mut chars = text.char_indices().map(|(at, c)| {
                let piece = text.get(at..at + c.len_utf8()).unwrap_or_default();
                (at, piece)
            });
            let first = text.chars().next().map_or(0, char::len_utf8);
            within(&mut chars).max(first)
        }
        end => end,
    }
}
