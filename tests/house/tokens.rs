//! The words and marks of a file's code.

use std::collections::BTreeSet;

use crate::source::Source;

/// A word, `::`, or one other character.
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// The tokens of a file, tests left out.
pub(crate) fn of(source: &Source) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, line) in source
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.is_test)
    {
        let mut rest = line.code.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let length = if rest.starts_with("::") {
                2
            } else {
                word.max(first.len_utf8())
            };
            let (text, after) = rest.split_at(length);
            tokens.push(Token { text, line: at + 1 });
            rest = after.trim_start();
        }
    }
    tokens
}

/// The words of a file outside of its imports and declarations of modules.
pub(crate) fn used_words<'a>(tokens: &[Token<'a>]) -> BTreeSet<&'a str> {
    let mut used = BTreeSet::new();
    let mut declares = false;
    for token in tokens {
        declares |= ["use", "mod"].contains(&token.text);
        if !declares {
            used.insert(token.text);
        }
        declares &= token.text != ";";
    }
    used
}
