//! Source files, each line split into what is code, what is documentation and what is comment.

/// One line of a file. A part that the line does not have is empty.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Code, with each string literal replaced by `""`.
    pub(crate) code: String,
    /// Prose of a doc comment or of a Markdown file, outside of code blocks.
    pub(crate) doc: String,
    /// Rust inside a code block of a doc comment or of a Markdown file.
    pub(crate) example: String,
    /// A comment that is no documentation.
    pub(crate) comment: String,
    /// The text of string literals.
    pub(crate) literal: String,
    /// Whether the line is compiled for tests only.
    pub(crate) is_test: bool,
    /// Whether the line is inside a code block.
    pub(crate) is_block: bool,
}

#[derive(Debug)]
pub(crate) struct Source {
    /// From the root of the repository, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) lines: Vec<Line>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut lines = match extension(path) {
            "rs" => crate::lexer::split(text),
            "md" => text.lines().map(|line| doc(line.to_owned())).collect(),
            "lua" => text.lines().map(|line| script_line(line, "--")).collect(),
            _ => text.lines().map(|line| script_line(line, "#")).collect(),
        };
        separate_examples(&mut lines);
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            lines,
        };
        source.mark_tests();
        source
    }

    pub(crate) fn is(&self, ending: &str) -> bool {
        extension(&self.path) == ending
    }

    /// Marks what follows `#[cfg(test)]` up to the end of the item.
    fn mark_tests(&mut self) {
        let mut line = 0;
        while line < self.lines.len() {
            if !is_test_gate(&self.lines[line].code) {
                line += 1;
                continue;
            }
            let mut depth = 0;
            let mut ended = false;
            while line < self.lines.len() && !ended {
                // The attributes above the item end no item.
                let code = self.lines[line].code.trim();
                let code = if code.starts_with("#[") { "" } else { code };
                for c in code.chars() {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    ended |= depth == 0 && (c == '}' || c == ';');
                }
                self.lines[line].is_test = true;
                line += 1;
            }
        }
    }
}

fn is_test_gate(code: &str) -> bool {
    let code = code.trim();
    code.starts_with("#[cfg(test") || code.starts_with("#[cfg(all(test")
}

fn doc(text: String) -> Line {
    Line {
        doc: text,
        ..Line::default()
    }
}

fn script_line(line: &str, mark: &str) -> Line {
    let begins = line.trim_start().starts_with(mark);
    let at = if begins {
        line.find(mark)
    } else {
        line.find(&format!(" {mark} "))
    };
    let (code, comment) = line.split_at(at.unwrap_or(line.len()));
    Line {
        code: code.to_owned(),
        comment: comment.to_owned(),
        ..Line::default()
    }
}

/// Moves code blocks out of the prose. A block ends with its fence or with the comment around it.
fn separate_examples(lines: &mut [Line]) {
    let mut block: Option<bool> = None;
    for line in lines {
        if !line.code.trim().is_empty() {
            block = None;
        }
        let text = line.doc.trim();
        if let Some(info) = text.strip_prefix("```") {
            let rust = info.is_empty() || is_rust(info);
            block = block.is_none().then_some(rust);
            line.is_block = true;
            line.doc.clear();
        } else if let Some(rust) = block {
            line.is_block = true;
            let code = std::mem::take(&mut line.doc);
            line.example = if rust { code } else { String::new() };
        }
    }
}

/// Whether a code block with these words after its fence is Rust.
pub(crate) fn is_rust(info: &str) -> bool {
    let attributes = ["rust", "no_run", "should_panic", "compile_fail"];
    info.split([',', ' '])
        .filter(|word| !word.is_empty())
        .all(|word| attributes.contains(&word) || is_rustdoc_mark(word))
}

fn is_rustdoc_mark(word: &str) -> bool {
    word.starts_with("ignore") || word.starts_with("edition")
}

pub(crate) fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}
