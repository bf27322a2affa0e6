//! Splits Rust source into code, comments and string literals, line by line.

use crate::source::Line;

pub(crate) fn split(text: &str) -> Vec<Line> {
    let mut lexer = Lexer {
        rest: text,
        lines: vec![Line::default()],
    };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.lines
}

struct Lexer<'a> {
    rest: &'a str,
    lines: Vec<Line>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        if let Some(rest) = self.rest.strip_prefix("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            let (comment, rest) = rest.split_at(length);
            self.rest = rest;
            // Four slashes are a plain comment.
            let is_doc = comment.starts_with(['/', '!']) && !comment.starts_with("//");
            let line = self.line();
            if is_doc {
                line.doc = comment[1..].to_owned();
                // An empty doc line still belongs to its block.
                line.doc.push(' ');
            } else {
                line.comment.push_str(comment);
            }
        } else if self.rest.starts_with("/*") {
            let end = block_comment_end(self.rest);
            self.take_into(end, |line, c| line.comment.push(c));
        } else if let Some((open, end)) = string(self.rest) {
            self.line().code.push_str("\"\"");
            self.skip(open);
            self.take_into(end, |line, c| line.literal.push(c));
            self.line().literal.push(' ');
        } else {
            let length = char_literal(self.rest).unwrap_or_else(|| word(self.rest));
            self.take_into(length, |line, c| line.code.push(c));
        }
    }

    fn line(&mut self) -> &mut Line {
        self.lines.last_mut().unwrap()
    }

    fn skip(&mut self, length: usize) {
        self.rest = &self.rest[length..];
    }

    fn take_into(&mut self, length: usize, put: fn(&mut Line, char)) {
        let (taken, rest) = self.rest.split_at(length);
        for c in taken.chars() {
            if c == '\n' {
                self.lines.push(Line::default());
            } else {
                put(self.line(), c);
            }
        }
        self.rest = rest;
    }
}

/// The length of a comment from `/*` to its `*/`; such comments nest.
fn block_comment_end(text: &str) -> usize {
    let mut depth = 0;
    for (at, _) in text.char_indices() {
        if text[at..].starts_with("/*") {
            depth += 1;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return at + 2;
            }
        }
    }
    text.len()
}

/// If a string literal begins here: the length of its opening and the length of the rest.
fn string(text: &str) -> Option<(usize, usize)> {
    let prefix = text.find(|c: char| !"bcr".contains(c))?;
    let hashes = text[prefix..].find(|c| c != '#')?;
    let open = prefix + hashes + 1;
    if !text[prefix + hashes..].starts_with('"') || prefix > 2 {
        return None;
    }
    let body = &text[open..];
    if text[..prefix].contains('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        let end = body.find(&close).map(|at| at + close.len());
        return Some((open, end.unwrap_or(body.len())));
    }
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        if c == '"' && !escaped {
            return (hashes == 0).then_some((open, at + 1));
        }
        escaped = c == '\\' && !escaped;
    }
    Some((open, body.len()))
}

/// The length of a character literal, which may be a quote; `None` for a lifetime.
fn char_literal(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    if chars.next()?.1 == '\\' {
        chars.next();
    }
    let (at, c) = chars.find(|(_, c)| *c == '\'' || *c == '\n')?;
    let is_literal = c == '\'' && (body.starts_with('\\') || body[..at].chars().count() == 1);
    is_literal.then_some(at + 2)
}

/// The length of an identifier, or of any other single character.
fn word(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    length.max(text.chars().next().map_or(0, char::len_utf8))
}
