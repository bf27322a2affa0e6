//! The tree is the architecture: who imports whom, and how much one file may hold.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(under: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root.join(under), &mut found);
    found.sort();
    let read = |path: PathBuf| {
        (
            path.strip_prefix(&root).unwrap().display().to_string(),
            fs::read_to_string(&path).unwrap(),
        )
    };
    let sources: Vec<_> = found.into_iter().map(read).collect();
    assert!(!sources.is_empty(), "nothing under src/{under}");
    sources
}

/// What a file takes from the crate: the first name of every `crate::` path in its code, its comments and tests left out.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    code.split("crate::")
        .skip(1)
        .filter(|path| !path.is_empty())
        .flat_map(first_names)
        .collect()
}

/// The first name of a path, or of each path in a group.
fn first_names(path: &str) -> Vec<String> {
    let name = |path: &str| {
        path.trim()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn assert_imports(under: &str, allowed: &[&str]) {
    for (file, text) in sources(under) {
        for import in imports(&text) {
            assert!(
                allowed.contains(&import.as_str()),
                "src/{file} imports crate::{import}; allowed: {allowed:?}"
            );
        }
    }
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
}

#[test]
fn the_preset_is_written_against_the_public_api_alone() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let public: String = lib
        .lines()
        .filter(|line| line.starts_with("pub "))
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
