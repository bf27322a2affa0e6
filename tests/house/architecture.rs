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
    rule("sync", &[]),
    rule("id", &[]),
    rule("flow", &["id"]),
    rule("session", &["id", "flow"]),
    rule("store", &["id", "session"]),
    rule("store::memory", &["sync", "id", "session", "store"]),
    // Bytes without sockets, and sockets without sessions.
    rule("store::redis::wire", &["id", "session", "store"]),
    rule("store::redis::net", &["sync", "store"]),
    rule("store::redis", &["id", "session", "store", "store::redis::wire", "store::redis::net"]),
    rule("store::conformance", &["sync", "id", "session", "store"]),
    rule("error", &["id", "flow", "session", "store"]),
    rule("manager::queue", &["sync", "id"]),
    rule("token::vault", &["id", "session", "store"]),
    rule("token", &["sync", "id", "store", "error", "manager::queue"]),
    rule("turn", &["id", "flow", "session", "store", "error"]),
    rule("manager", &[
        "sync", "id", "flow", "session", "store", "error", "manager::queue", "token", "turn",
    ]),
    rule("vimbisopay", &["id", "flow", "session", "error", "token", "turn", "manager"]),
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

#[test]
fn the_rules_of_a_conversation_import_nothing_of_ours() {
    assert_imports("flow", &["flow"]);
}

#[test]
fn a_store_knows_no_flow_and_no_manager() {
    let words = [
        "BoxError",
        "CommitId",
        "Direction",
        "Error",
        "UserId",
        "message_id",
    ];
    let record = ["record", "Damage", "Record", "Trace", "Version"];
    let suite = [
        "__each_behaviour",
        "conformance_tests",
        "StateStore",
        "StoreError",
    ];
    assert_imports(
        "store",
        &[&words[..], &record, &suite, &["shards", "store", "sync"]].concat(),
    );
}

#[test]
fn record_imports_flow_and_token_and_nothing_higher() {
    let rules = ["flow", "Choice", "Flow", "Stage"];
    assert_imports(
        "record",
        &[
            &["BoxError", "CommitId", "Direction", "record", "token"][..],
            &rules,
        ]
        .concat(),
    );
}

#[test]
fn tokens_and_their_vault_know_no_flow_and_no_session() {
    let words = [
        "BoxError",
        "InvalidToken",
        "JwtToken",
        "StoreError",
        "UserId",
        "store",
    ];
    assert_imports("refresh", &[&words[..], &["queue"]].concat());
    assert_imports("vault", &[&words[..], &["CommitId"]].concat());
}

/// Expiries are on the store's clock: a host whose clock jumps by an hour loses no session and prolongs none.
#[test]
fn what_a_store_keeps_hangs_on_no_clock_of_the_host() {
    for (file, text) in [sources("store"), sources("record")].concat() {
        for clock in ["SystemTime", "UNIX_EPOCH", "Utc::", "Local::"] {
            assert!(
                !text.contains(clock),
                "src/{file} reads the host's clock: {clock}"
            );
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

/// Names at the crate's root: each name of a `pub use`, and each `pub mod`.
pub(crate) fn root_names(sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let Some(root) = modules.all.get("") else {
        return Figure::none(vec!["src/lib.rs:1: missing".to_owned()]);
    };
    let reexports = root.paths.iter().filter(|path| path.is_public_use());
    let mut found: Vec<_> = reexports
        .map(|path| format!("src/lib.rs:{}: {}", path.line, path.alias))
        .collect();
    for (file, text) in sources("vimbisopay") {
        for import in imports(&text) {
            let named = public
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == import);
            assert!(
                named || import == "assert_transitions",
                "src/{file} takes crate::{import}, which no host can"
            );
        }
    }
}

#[test]
fn median_file_has_150_lines_and_the_longest_350() {
    let mut lines: Vec<_> = sources("")
        .into_iter()
        .map(|(file, text)| (text.lines().count(), file))
        .collect();
    lines.sort();
    let (median, longest) = (&lines[lines.len() / 2], &lines[lines.len() - 1]);
    assert!(median.0 <= 150, "the median file is {median:?}");
    assert!(
        longest.0 <= 350,
        "the longest file is {longest:?}: perhaps two ideas"
    );
}

#[test]
fn every_file_says_why_it_exists() {
    for (file, text) in sources("") {
        assert!(
            text.starts_with("//! "),
            "src/{file} begins without a sentence on what it is for"
        );
    }
}

#[test]
fn the_check_of_imports_sees_one_and_many() {
    assert_eq!(
        imports(
            "use crate::flow::Flow;\n// crate::no\nuse crate::{Error, record::{Record, Version}};"
        ),
        ["flow", "Error", "record"]
    );
}
