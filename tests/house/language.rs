//! The language of docs, comments and messages: plain English, in lines that fit on a screen.

use crate::figures::Figure;
use crate::source::{Line, Source};

const COLUMNS: usize = 100;
const README_LINES: usize = 130;
const TEST_NAME: usize = 50;

/// Each line with its number.
fn numbered(source: &Source) -> impl Iterator<Item = (usize, &Line)> {
    source
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
}

fn rust(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.is("rs"))
}

/// Prose without what is between backticks.
pub(crate) fn without_code_spans(prose: &str) -> String {
    prose.split('`').step_by(2).collect::<Vec<_>>().join("\"")
}

/// How often docs say `where` for each `if`.
pub(crate) fn where_to_if(sources: &[Source]) -> Figure {
    let mut wheres = Vec::new();
    let mut ifs = 0;
    for source in sources {
        if !source.is("rs") && !source.path.starts_with("src/guide/") {
            continue;
        }
        for (at, line) in numbered(source) {
            for word in without_code_spans(&line.doc).split(|c: char| !c.is_alphanumeric()) {
                if word.eq_ignore_ascii_case("where") {
                    wheres.push(format!("{}:{at}: {}", source.path, line.doc.trim()));
                }
                ifs += usize::from(word.eq_ignore_ascii_case("if"));
            }
        }
    }
    let ratio = wheres.len() as f64 / ifs.max(1) as f64;
    Figure::at_most(ratio, 0.5, wheres)
}

/// Lines that are too long. Markdown may have long tables, blocks that are no code of ours, and
/// addresses that are longer than a line.
pub(crate) fn long_lines(sources: &[Source]) -> Figure {
    let mut found = Vec::new();
    for source in sources {
        for (at, text) in source.text.lines().enumerate() {
            let columns = text.chars().count();
            let excepted = source.is("md")
                && (source.lines[at].is_block && source.lines[at].example.is_empty()
                    || text.trim_start().starts_with('|')
                    || !text.trim().contains(' '));
            if columns > COLUMNS && !excepted {
                found.push(format!("{}:{}: {columns} columns", source.path, at + 1));
            }
        }
    }
    Figure::none(found)
}

/// `let (a, b) = (x, y);` for every 1,000 lines.
pub(crate) fn tuple_lets(sources: &[Source]) -> Figure {
    let mut found = Vec::new();
    let mut lines = 0;
    for source in rust(sources) {
        lines += source.lines.len();
        let code: Vec<_> = source.lines.iter().map(|line| line.code.as_str()).collect();
        let code = code.join("\n");
        for (at, _) in code.match_indices("let (") {
            let before = code[..at].trim_end();
            let is_pattern = ["if", "while", "&&"]
                .iter()
                .any(|word| before.ends_with(word));
            if !is_pattern && binds_a_literal(&code[at..]) {
                let line = code[..at].matches('\n').count() + 1;
                let text = source.lines[line - 1].code.trim();
                found.push(format!("{}:{line}: {text}", source.path));
            }
        }
    }
    let per_thousand = found.len() as f64 * 1_000.0 / lines.max(1) as f64;
    Figure::at_most(per_thousand, 1.0, found)
}

/// Whether the right side of this `let` is a tuple literal up to its semicolon.
fn binds_a_literal(code: &str) -> bool {
    let pattern = code.find('(').unwrap_or_default();
    let Some(value) = code[pattern..]
        .split_once('=')
        .map(|(_, value)| value.trim_start())
    else {
        return false;
    };
    let mut depth = 0;
    let mut commas = 0;
    for (at, c) in value.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 1 => commas += 1,
            _ => {}
        }
        if depth == 0 {
            // A value that does not open with a parenthesis ends the search at once.
            return c == ')' && commas > 0 && value[at + 1..].trim_start().starts_with(';');
        }
    }
    false
}

pub(crate) fn readme_lines(sources: &[Source]) -> Figure {
    let readme = sources.iter().find(|source| source.path == "README.md");
    let lines = readme.map_or(usize::MAX, |source| source.text.lines().count());
    Figure::at_most(
        lines,
        README_LINES,
        vec![format!("README.md:{lines}: the last line")],
    )
}

/// Plain comments in the library, in percent of its lines of code.
pub(crate) fn plain_comments(sources: &[Source]) -> Figure {
    let mut without = Vec::new();
    let mut comments = 0;
    let mut code = 0;
    for source in rust(sources).filter(|source| source.path.starts_with("src/")) {
        let own = source.lines.iter().filter(|line| !line.is_test);
        let own_code = own
            .clone()
            .filter(|line| !line.code.trim().is_empty())
            .count();
        let own_comments = own.filter(|line| !line.comment.is_empty()).count();
        if own_code >= 50 && own_comments == 0 {
            without.push(format!(
                "{}:1: no comment in {own_code} lines of code",
                source.path
            ));
        }
        code += own_code;
        comments += own_comments;
    }
    Figure::at_least(comments as f64 * 100.0 / code.max(1) as f64, 2.0, without)
}

/// Names of tests that are too long to be read in a list.
pub(crate) fn long_test_names(sources: &[Source]) -> Figure {
    let mut found = Vec::new();
    for source in rust(sources) {
        let mut is_test = false;
        for (at, line) in numbered(source) {
            let code = line.code.trim();
            is_test |= code.starts_with("#[test]") || code.starts_with("#[tokio::test");
            let Some((_, rest)) = code.split_once("fn ").filter(|_| is_test) else {
                continue;
            };
            is_test = false;
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if name.len() > TEST_NAME {
                found.push(format!("{}:{at}: {} in {name}", source.path, name.len()));
            }
        }
    }
    Figure::none(found)
}
