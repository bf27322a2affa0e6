//! Examples in the documentation: which methods and traits need one, and what an example is about.

use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, Type, Visibility};

use crate::figures::Figure;
use crate::source::{self, Source};

/// The types whose public methods have an example each.
const TYPES: [&str; 8] = [
    "StateManager",
    "Turn",
    "StateManagerBuilder",
    "RedisStoreBuilder",
    "MemoryStoreBuilder",
    "CachedUser",
    "Bot",
    "BotBuilder",
];

/// Methods that need a server: their examples are compiled, and need not run.
const NEEDS_A_SERVER: &str = "connect";

const PRESET: &str = "vimbisopay";

/// Public methods of the main types, and public traits, whose docs have no example that runs.
pub(crate) fn missing(sources: &[Source]) -> Figure {
    let mut found = Vec::new();
    let mut types: Vec<&str> = TYPES.to_vec();
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with("src/"))
    {
        if source.is("rs") {
            match syn::parse_file(&source.text) {
                Ok(file) => in_items(source, &file.items, &mut types, &mut found),
                Err(error) => found.push(format!("{}:1: {error}", source.path)),
            }
        }
    }
    found.extend(
        types
            .iter()
            .map(|name| format!("src/lib.rs:1: no methods of {name} found")),
    );
    Figure::none(found)
}

fn in_items(source: &Source, items: &[Item], types: &mut Vec<&str>, found: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Mod(module) if !is_test(&module.attrs) => {
                let items = module.content.as_ref().map(|(_, items)| &items[..]);
                in_items(source, items.unwrap_or_default(), types, found);
            }
            Item::Trait(item) if is_public(&item.vis) => {
                let name = item.ident.to_string();
                check(source, "trait", &name, &item.attrs, found);
            }
            Item::Impl(item) if item.trait_.is_none() && !is_test(&item.attrs) => {
                let name = type_name(&item.self_ty);
                if !TYPES.contains(&name.as_str()) {
                    continue;
                }
                types.retain(|wanted| *wanted != name);
                for item in &item.items {
                    if let ImplItem::Fn(method) = item
                        && is_public(&method.vis)
                    {
                        check(
                            source,
                            &name,
                            &method.sig.ident.to_string(),
                            &method.attrs,
                            found,
                        );
                    }
                }
            }
            _ => {}
        }
    }
}

fn check(source: &Source, of: &str, name: &str, attrs: &[Attribute], found: &mut Vec<String>) {
    let needs_a_server = name.starts_with(NEEDS_A_SERVER);
    if !is_hidden(attrs) && !has_example(&docs(attrs), needs_a_server) {
        let line = line_of(source, name);
        found.push(format!("{}:{line}: no example of {of} {name}", source.path));
    }
}

/// Whether these docs have a block of Rust that runs, or that is compiled if `may_be_compiled`.
fn has_example(docs: &str, may_be_compiled: bool) -> bool {
    let fences = docs
        .lines()
        .filter_map(|line| line.trim().strip_prefix("```"));
    fences.step_by(2).any(|info| {
        let runs = !["ignore", "compile_fail"]
            .iter()
            .any(|word| info.contains(word))
            && (may_be_compiled || !info.contains("no_run"));
        source::is_rust(info) && runs
    })
}

fn docs(attrs: &[Attribute]) -> String {
    let mut docs = String::new();
    for attr in attrs {
        if let Meta::NameValue(meta) = &attr.meta
            && attr.path().is_ident("doc")
            && let Expr::Lit(value) = &meta.value
            && let Lit::Str(text) = &value.lit
        {
            docs.push_str(&text.value());
            docs.push('\n');
        }
    }
    docs
}

fn has_word(attrs: &[Attribute], attribute: &str, word: &str) -> bool {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident(attribute))
        .any(|attr| {
            let mut found = false;
            // What is not a list of plain words is no mark of this kind.
            let _ = attr.parse_nested_meta(|meta| {
                found |= meta.path.is_ident(word);
                Ok(())
            });
            found
        })
}

fn is_test(attrs: &[Attribute]) -> bool {
    has_word(attrs, "cfg", "test")
}

fn is_hidden(attrs: &[Attribute]) -> bool {
    has_word(attrs, "doc", "hidden")
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn type_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
    .unwrap_or_default()
}

/// The line that declares this function or trait.
fn line_of(source: &Source, name: &str) -> usize {
    let declarations = [format!("fn {name}"), format!("trait {name}")];
    let declares = |code: &str| {
        let after = declarations
            .iter()
            .find_map(|declaration| code.split_once(declaration));
        after.is_some_and(|(_, rest)| rest.starts_with(['(', '<', ':', ' ']))
    };
    source
        .lines
        .iter()
        .position(|line| declares(&line.code))
        .map_or(1, |at| at + 1)
}

/// Examples about VimbisoPay outside of its own parts.
pub(crate) fn with_the_preset(sources: &[Source]) -> Figure {
    let mut found = Vec::new();
    for source in sources
        .iter()
        .filter(|source| !is_of_the_preset(&source.path))
    {
        let is_program = source.path.starts_with("examples/");
        let has_examples = source.path.starts_with("src/") || source.path == "README.md";
        for (at, line) in source.lines.iter().enumerate() {
            let code = if is_program {
                format!("{} {} {}", line.code, line.doc, line.literal)
            } else {
                line.example.clone()
            };
            if (is_program || has_examples) && code.to_lowercase().contains(PRESET) {
                found.push(format!("{}:{}: {}", source.path, at + 1, code.trim()));
            }
        }
    }
    Figure::none(found)
}

fn is_of_the_preset(path: &str) -> bool {
    path.starts_with("src/vimbisopay") || path.starts_with("crates/vimbisopay/")
}
