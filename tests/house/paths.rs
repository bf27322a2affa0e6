//! Finds the paths in a module's code that lead to other modules of the crate.

use crate::modules::join;
use crate::source::Source;
use crate::tokens::{self, Token};

/// A path as it is written, and from the crate's root.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) line: usize,
    /// The keyword or module with which it begins, and the next name.
    pub(crate) written: String,
    pub(crate) full: Vec<String>,
    /// The name that it has in this module if it is imported.
    pub(crate) alias: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// In code: `crate::flow::row(..)`.
    Inline,
    Use,
    /// `pub(crate) use` and the like.
    Reexport {
        is_used: bool,
        is_public: bool,
    },
}

impl Path {
    pub(crate) fn is_use(&self) -> bool {
        self.kind != Kind::Inline
    }

    pub(crate) fn is_unused_reexport(&self) -> bool {
        matches!(self.kind, Kind::Reexport { is_used: false, .. })
    }

    pub(crate) fn is_public_use(&self) -> bool {
        matches!(
            self.kind,
            Kind::Reexport {
                is_public: true,
                ..
            }
        )
    }
}

/// The paths of a module to others; `modules` are the names of all.
pub(crate) fn of(source: &Source, module: &str, modules: &[String]) -> Vec<Path> {
    let tokens = tokens::of(source);
    let mut reader = Reader {
        tokens: &tokens,
        module,
        modules,
        paths: Vec::new(),
    };
    reader.read(true);
    reader.read(false);
    let mut paths = reader.paths;
    let used = tokens::used_words(&tokens);
    for path in &mut paths {
        if let Kind::Reexport { is_used, .. } = &mut path.kind {
            *is_used = used.contains(path.alias.as_str());
        }
    }
    paths
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    module: &'a str,
    modules: &'a [String],
    paths: Vec<Path>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    /// Reads the imports, or what is not an import: that may begin with an imported module.
    fn read(&mut self, imports: bool) {
        let mut kind = Kind::Inline;
        let mut at = 0;
        while at < self.tokens.len() {
            match self.text(at) {
                "use" => kind = self.kind_of_use(at),
                ";" => kind = Kind::Inline,
                _ => {}
            }
            let wanted = (kind != Kind::Inline) == imports && self.text(at + 1) == "::";
            let before = if at == 0 { "" } else { self.text(at - 1) };
            let start = if wanted && !["::", "$", "."].contains(&before) {
                self.start(at, kind)
            } else {
                None
            };
            at = match start {
                Some(prefix) => self.tree(at + 2, &prefix, at, kind),
                None => at + 1,
            };
        }
    }

    fn kind_of_use(&self, at: usize) -> Kind {
        let before = if at == 0 { "" } else { self.text(at - 1) };
        match before {
            "pub" | ")" => Kind::Reexport {
                is_used: false,
                is_public: before == "pub",
            },
            _ => Kind::Use,
        }
    }

    /// The module that the first word of a path means.
    fn start(&self, at: usize, kind: Kind) -> Option<Vec<String>> {
        let word = self.text(at);
        let own = || {
            self.module
                .split("::")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
        };
        let mut path: Vec<String> = match word {
            "crate" => Vec::new(),
            "self" | "super" => own().collect(),
            _ => own().chain([word.to_owned()]).collect(),
        };
        if word == "super" {
            path.pop();
        }
        let is_child = self.modules.contains(&join(self.module, word));
        if ["crate", "self", "super"].contains(&word) || is_child {
            return Some(path);
        }
        let imported = self
            .paths
            .iter()
            .find(|path| path.is_use() && path.alias == word)?;
        let is_module = self.modules.contains(&imported.full.join("::"));
        (is_module && kind == Kind::Inline).then(|| imported.full.clone())
    }

    /// Reads the rest of a path, group by group, and returns the position after it.
    fn tree(&mut self, mut at: usize, prefix: &[String], first: usize, kind: Kind) -> usize {
        let mut full = prefix.to_vec();
        loop {
            match self.text(at) {
                "{" => {
                    at += 1;
                    while !["}", ""].contains(&self.text(at)) {
                        at = self.tree(at, &full, first, kind);
                        at += usize::from(self.text(at) == ",");
                    }
                    return at + 1;
                }
                "super" => drop(full.pop()),
                "self" => {}
                word => full.push(word.to_owned()),
            }
            if self.text(at + 1) != "::" || self.text(at + 2) == "<" {
                break;
            }
            at += 2;
        }
        let written = format!("{}::{}", self.text(first), self.text(first + 2));
        let mut alias = full.last().cloned().unwrap_or_default();
        if self.text(at + 1) == "as" {
            at += 2;
            self.text(at).clone_into(&mut alias);
        }
        let line = self.tokens[at.min(self.tokens.len() - 1)].line;
        self.paths.push(Path {
            line,
            written,
            full,
            alias,
            kind,
        });
        at + 1
    }
}
