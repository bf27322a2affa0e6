//! Words that a reader would have to translate, in docs, comments, messages and names.

use crate::figures::Figure;
use crate::language::without_code_spans;
use crate::source::{Line, Source};

/// Words to avoid; those that have other forms are found in these too.
const AVOIDED: [&str; 19] = [
    "ground",
    "basis",
    "guess",
    "sight",
    "glance",
    "walk",
    "trial",
    "pace",
    "moment",
    "patience",
    "stands",
    "stood",
    "whoever",
    "nobody",
    "whatever",
    "will do",
    "is none",
    "such a",
    "what is there",
];

/// Phrases in which a word to avoid is the field's own word.
const ALLOWED: [(&str, &str); 1] = [(
    "random walk",
    "the name that mathematics has for a series of random steps",
)];

/// The folders whose names are held: the library and its packages, and no tests.
const NAMED: [&str; 2] = ["src/", "crates/"];

struct Word {
    text: String,
    line: usize,
}

pub(crate) fn in_docs(sources: &[Source]) -> Figure {
    find(sources, |_, line| without_code_spans(&line.doc))
}

pub(crate) fn in_comments(sources: &[Source]) -> Figure {
    find(sources, |_, line| without_code_spans(&line.comment))
}

/// The library's messages: its string literals of more than one word, outside of tests.
pub(crate) fn in_messages(sources: &[Source]) -> Figure {
    find(sources, |source, line| {
        let is_message = line.literal.trim().contains(' ');
        if is_message && !line.is_test && is_named(source) {
            line.literal.clone()
        } else {
            String::new()
        }
    })
}

fn is_named(source: &Source) -> bool {
    NAMED.iter().any(|folder| source.path.starts_with(folder))
}

fn find(sources: &[Source], text: fn(&Source, &Line) -> String) -> Figure {
    let mut found = Vec::new();
    for source in sources {
        let mut words = Vec::new();
        for (at, line) in source.lines.iter().enumerate() {
            split(&text(source, line), at + 1, &mut words);
        }
        for at in 0..words.len() {
            if let Some(avoided) = AVOIDED.iter().find(|phrase| is_at(phrase, &words, at))
                && !is_allowed(&words, at)
            {
                found.push(format!("{}:{}: {avoided}", source.path, words[at].line));
            }
        }
    }
    Figure::none(found)
}

/// The words of a line in lower case. A phrase does not go on after a full stop.
fn split(text: &str, line: usize, words: &mut Vec<Word>) {
    let text = text.to_lowercase();
    for part in text.split_whitespace() {
        let pieces = part.split(|c: char| !c.is_alphanumeric());
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            let text = piece.to_owned();
            words.push(Word { text, line });
        }
        if part.ends_with(['.', ';', ':', '?', '!']) {
            let text = ".".to_owned();
            words.push(Word { text, line });
        }
    }
}

fn is_at(phrase: &str, words: &[Word], at: usize) -> bool {
    let mut follow = words[at..].iter();
    phrase
        .split(' ')
        .all(|word| follow.next().is_some_and(|next| is_form(word, &next.text)))
}

/// Whether `word` is the avoided word, its plural, or a form of the verb.
fn is_form(avoided: &str, word: &str) -> bool {
    let bare = avoided.trim_end_matches('e');
    word == avoided
        || (avoided.len() > 3 && word.strip_prefix(avoided).is_some_and(is_ending))
        || (avoided.len() > 3 && word.strip_prefix(bare).is_some_and(|rest| rest == "ing"))
}

fn is_ending(rest: &str) -> bool {
    ["s", "es", "d", "ed", "ing"].contains(&rest)
}

fn is_allowed(words: &[Word], at: usize) -> bool {
    ALLOWED.iter().any(|(phrase, _)| {
        let length = phrase.split(' ').count();
        (at.saturating_sub(length - 1)..=at).any(|start| is_at(phrase, words, start))
    })
}

/// Names that the library declares: files, modules, types, functions, constants.
pub(crate) fn in_names(sources: &[Source]) -> Figure {
    let kinds = [
        "fn",
        "struct",
        "enum",
        "trait",
        "mod",
        "type",
        "const",
        "static",
        "macro_rules!",
    ];
    let mut found = Vec::new();
    for source in sources
        .iter()
        .filter(|source| is_named(source) && source.is("rs"))
    {
        for (at, line) in source
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.is_test)
        {
            let code: Vec<_> = line.code.split_whitespace().collect();
            for pair in code.windows(2).filter(|pair| kinds.contains(&pair[0])) {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let name = pair[1].split(|c| !is_word(c)).next().unwrap_or_default();
                if let Some(avoided) = AVOIDED.iter().find(|word| names(name, word)) {
                    found.push(format!("{}:{}: {avoided} in {name}", source.path, at + 1));
                }
            }
        }
    }
    Figure::none(found)
}

/// Whether a name of either case has this word in it.
fn names(name: &str, avoided: &str) -> bool {
    let mut words = String::new();
    for c in name.chars() {
        if c == '_' || c.is_uppercase() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
        .replace('_', " ")
        .split_whitespace()
        .any(|word| is_form(avoided, word))
}
