//! The modules of `src`, and the paths by which one names what another defines.

use std::collections::BTreeMap;

use crate::paths::{self, Path};
use crate::source::Source;

/// A file of `src` as a module.
pub(crate) struct Module<'a> {
    pub(crate) source: &'a Source,
    pub(crate) paths: Vec<Path>,
}

pub(crate) struct Modules<'a> {
    /// By their path, `""` for lib.rs.
    pub(crate) all: BTreeMap<String, Module<'a>>,
    /// The `#[macro_export]` macros, which are at the crate's root, and the modules that hold them.
    pub(crate) macros: BTreeMap<String, String>,
}

/// What a path leads to: a module and a name in it, or no name for the module itself.
pub(crate) type Target = (String, String);

impl<'a> Modules<'a> {
    pub(crate) fn new(sources: &'a [Source]) -> Self {
        let library = sources.iter().filter(|source| {
            let is_test_file = source.lines.iter().all(|line| line.is_test);
            source.path.starts_with("src/") && source.is("rs") && !is_test_file
        });
        let mut modules = BTreeMap::new();
        for source in library {
            let paths = Vec::new();
            modules.insert(module_name(&source.path), Module { source, paths });
        }
        let names: Vec<_> = modules.keys().cloned().collect();
        let mut macros = BTreeMap::new();
        for (name, module) in &mut modules {
            module.paths = paths::of(module.source, name, &names);
            let exported = exported_macros(module.source);
            macros.extend(exported.map(|exported| (exported, name.clone())));
        }
        Self {
            all: modules,
            macros,
        }
    }

    pub(crate) fn file(&self, module: &str) -> &'a str {
        self.all
            .get(module)
            .map_or("", |module| &module.source.path)
    }

    /// Follows a path through re-exports to the module that defines the name.
    pub(crate) fn resolve(&self, path: &[String]) -> Target {
        self.follow(path, 0)
    }

    fn follow(&self, path: &[String], depth: usize) -> Target {
        let mut module = String::new();
        for (at, name) in path.iter().enumerate() {
            let child = join(&module, name);
            if self.all.contains_key(&child) {
                module = child;
                continue;
            }
            let path_of_alias = self.alias(&module, name).filter(|_| depth < 16);
            return match path_of_alias {
                Some(target) => self.follow(&[target, &path[at + 1..]].concat(), depth + 1),
                None => (self.macro_home(&module, name), name.clone()),
            };
        }
        (module, String::new())
    }

    /// The path behind a name that a module has by `use`.
    fn alias(&self, module: &str, name: &str) -> Option<&[String]> {
        let paths = &self.all.get(module)?.paths;
        let path = paths
            .iter()
            .find(|path| path.is_use() && path.alias == name)?;
        (path.full.last()? != "*").then_some(&path.full[..])
    }

    /// The module with an exported macro, whose name is at the root; any other name stays.
    fn macro_home(&self, module: &str, name: &str) -> String {
        let home = self.macros.get(name).filter(|_| module.is_empty());
        home.map_or(module, String::as_str).to_owned()
    }

    /// Which module uses what of which other one. A re-export alone is no use.
    pub(crate) fn uses(&self) -> Vec<(&str, &Path, Target)> {
        let mut uses = Vec::new();
        for (name, module) in &self.all {
            for path in &module.paths {
                let (target, item) = self.resolve(&path.full);
                // Each path through an imported module is a use of its own.
                let is_module_import = path.is_use() && item.is_empty();
                if target != *name && !path.is_unused_reexport() && !is_module_import {
                    uses.push((name.as_str(), path, (target, item)));
                }
            }
        }
        uses
    }

    /// What a host can name: the root's re-exports and what its public modules declare.
    pub(crate) fn public_names(&self) -> Vec<Target> {
        let mut names = Vec::new();
        self.add_public("", &mut names);
        let macros = self.macros.iter();
        names.extend(macros.map(|(name, module)| (module.clone(), name.clone())));
        names
    }

    fn add_public(&self, name: &str, names: &mut Vec<Target>) {
        let Some(module) = self.all.get(name) else {
            return;
        };
        for path in module.paths.iter().filter(|path| path.is_public_use()) {
            names.push(self.resolve(&path.full));
        }
        for item in public_items(module.source) {
            let child = join(name, &item);
            names.push((name.to_owned(), item));
            self.add_public(&child, names);
        }
    }
}

/// What a file declares as `pub`, without a path in parentheses.
pub(crate) fn public_items(source: &Source) -> impl Iterator<Item = String> {
    let library = source.lines.iter().filter(|line| !line.is_test);
    library.filter_map(|line| {
        let mut words = line.code.strip_prefix("pub ")?.split_whitespace();
        let kinds = [
            "mod", "struct", "enum", "trait", "fn", "type", "const", "static", "use",
        ];
        let kind = words.find(|word| kinds.contains(word))?;
        let kind = if kind == "const" && line.code.contains(" fn ") {
            words.next()?
        } else {
            kind
        };
        let name = words
            .next()?
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()?;
        (kind != "use").then(|| name.to_owned())
    })
}

/// The names of the `#[macro_export]` macros of a file.
fn exported_macros(source: &Source) -> impl Iterator<Item = String> {
    let is_export = |line: &crate::source::Line| line.code.contains("#[macro_export]");
    let after = source.lines.iter().skip_while(move |line| !is_export(line));
    after.filter_map(|line| {
        let name = line.code.trim().strip_prefix("macro_rules! ")?;
        Some(name.trim_end_matches([' ', '{']).to_owned())
    })
}

/// The module path of a file: `src/store/redis/mod.rs` is `store::redis`.
fn module_name(path: &str) -> String {
    let folder = children_folder(path);
    let below = folder.strip_prefix("src").unwrap_or(&folder);
    below.trim_start_matches('/').replace('/', "::")
}

/// The folder in which the modules of a file are.
pub(crate) fn children_folder(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    }
}

pub(crate) fn join(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}
