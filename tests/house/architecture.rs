//! The tree is the architecture: who may name whom, and how much one file may hold.

use crate::figures::Figure;
use crate::modules::{self, Modules};
use crate::source::Source;

/// A module with all below it, except those with a rule of their own.
pub(crate) struct Rule {
    pub(crate) module: &'static str,
    /// The rules above whose modules it may name.
    pub(crate) may_name: &'static [&'static str],
}

const fn rule(module: &'static str, may_name: &'static [&'static str]) -> Rule {
    Rule { module, may_name }
}

/// From the bottom to the top: each may name only what is above it in this list.
#[rustfmt::skip]
pub(crate) const RULES: &[Rule] = &[
    rule("input", &[]),
    rule("id", &["input"]),
    rule("sync", &["id"]),
    rule("flow", &["input", "id"]),
    rule("session", &["id", "flow"]),
    rule("error", &["id", "flow", "session"]),
    rule("store", &["id", "session", "error"]),
    rule("store::memory", &["sync", "id", "session", "error", "store"]),
    // Bytes without sockets, and sockets without sessions.
    rule("store::redis::wire", &["id", "session", "error", "store"]),
    rule("store::redis::net", &["sync", "error"]),
    rule("store::redis", &[
        "sync", "id", "session", "error", "store", "store::redis::wire", "store::redis::net",
    ]),
    rule("store::conformance", &["sync", "id", "session", "error", "store"]),
    rule("token", &["sync", "id", "error", "store"]),
    rule("token::vault", &["id", "session", "error", "store"]),
    rule("turn", &["input", "id", "flow", "session", "error"]),
    rule("manager", &["sync", "id", "flow", "session", "error", "store", "token", "turn"]),
    rule("bot", &["sync", "id", "flow", "session", "error", "store", "turn", "manager"]),
    rule("vimbisopay", &["input", "id", "flow", "session", "error", "turn", "manager"]),
    rule("guide", &[]),
];

/// The module that is written against what a host can name.
const PUBLIC_API_ONLY: &str = "vimbisopay";

const ROOT_NAMES: usize = 28;

/// The rule with the longest name that fits.
fn rule_of<'a>(rules: &'a [Rule], module: &str) -> Option<&'a Rule> {
    let fits = |rule: &&Rule| {
        let below = module.strip_prefix(rule.module);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    rules
        .iter()
        .filter(fits)
        .max_by_key(|rule| rule.module.len())
}

/// Modules without a rule, rules without a module, and rules that name something above.
pub(crate) fn missing_rules(rules: &[Rule], sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let mut found = Vec::new();
    for module in modules.all.keys().filter(|module| !module.is_empty()) {
        if rule_of(rules, module).is_none() {
            found.push(format!("{}:1: no import rule", modules.file(module)));
        }
    }
    for (at, rule) in rules.iter().enumerate() {
        if !modules
            .all
            .keys()
            .any(|module| rule_of(&rules[at..=at], module).is_some())
        {
            found.push(format!(
                "architecture.rs:1: no module for the rule {}",
                rule.module
            ));
        }
        for named in rule.may_name {
            if !rules[..at].iter().any(|below| below.module == *named) {
                let module = rule.module;
                found.push(format!("architecture.rs:1: {named} is not below {module}"));
            }
        }
    }
    Figure::none(found)
}

/// Names of modules that the rule does not allow.
pub(crate) fn forbidden_imports(rules: &[Rule], sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let mut found = Vec::new();
    for (module, path, (target, name)) in modules.uses() {
        let Some(own) = rule_of(rules, module) else {
            continue;
        };
        let target_rule = rule_of(rules, &target).map_or(target.as_str(), |rule| rule.module);
        if target_rule != own.module && !own.may_name.contains(&target_rule) {
            let file = modules.file(module);
            let what = modules::join(&target, &name);
            found.push(format!(
                "{file}:{}: {} may not name {what}",
                path.line, own.module
            ));
        }
    }
    Figure::none(found)
}

/// Paths through the crate's root or through two parents.
pub(crate) fn indirect_imports(sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let mut found = Vec::new();
    for (name, module) in modules.all.iter().filter(|(name, _)| !name.is_empty()) {
        let file = &module.source.path;
        for path in &module.paths {
            let first = path.full.first().map_or("", String::as_str);
            let is_module = modules.all.contains_key(first);
            if path.written == "super::super" {
                found.push(format!("{file}:{}: super::super:: in {name}", path.line));
            } else if !is_module && !modules.macros.contains_key(first) {
                found.push(format!("{file}:{}: crate::{first} by the root", path.line));
            }
        }
    }
    Figure::none(found)
}

/// Names that the preset takes and no host could.
pub(crate) fn private_names_in_the_preset(sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let public = modules.public_names();
    let mut found = Vec::new();
    for (module, path, target) in modules.uses() {
        let is_preset = |module: &str| module.split("::").next() == Some(PUBLIC_API_ONLY);
        if is_preset(module) && !is_preset(&target.0) && !public.contains(&target) {
            let name = modules::join(&target.0, &target.1);
            found.push(format!(
                "{}:{}: {name} is private",
                modules.file(module),
                path.line
            ));
        }
    }
    Figure::none(found)
}

/// Names at the crate's root: each name of a `pub use`, and each exported macro that is documented.
/// Public modules are not counted, because they are what the other names moved into.
pub(crate) fn root_names(sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let Some(root) = modules.all.get("") else {
        return Figure::none(vec!["src/lib.rs:1: missing".to_owned()]);
    };
    let reexports = root.paths.iter().filter(|path| path.is_public_use());
    let mut found: Vec<_> = reexports
        .map(|path| format!("src/lib.rs:{}: {}", path.line, path.alias))
        .collect();
    let library = sources
        .iter()
        .filter(|source| source.path.starts_with("src/"));
    for source in library {
        // A hidden macro is what another one expands to.
        let text = source.text.replace("#[macro_export]\n#[doc(hidden)]", "");
        let text = text.replace("#[doc(hidden)]\n#[macro_export]", "");
        let macros = text.matches("#[macro_export]").count();
        found.extend((0..macros).map(|_| format!("{}:1: a macro", source.path)));
    }
    Figure::at_most(found.len(), ROOT_NAMES, found)
}
