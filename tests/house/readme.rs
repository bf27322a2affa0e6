//! The pages for readers: links and commands lead somewhere, and an example fits on a page. The
//! code on the pages is compiled and run as doctests.

use std::fs;
use std::path::{Path, PathBuf};

const PAGES: [&str; 6] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benches/README.md",
    "proof/README.md",
];

/// The examples of one page; `custom_store` is longer.
const SHORT: [&str; 5] = ["quick_start", "own_flow", "redis", "tokens", "web_wizard"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The code blocks of a page in this language.
pub(crate) fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    let after_fences = page.split(open.as_str()).skip(1);
    after_fences
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn examples_fit_on_a_page() {
    for example in SHORT {
        let source = read(&format!("examples/{example}.rs"));
        let lines = source.lines().count();
        assert!(lines < 120, "examples/{example}.rs has {lines} lines");
        assert!(source.contains("\n//! ```text\n//! $ cargo run --example"));
    }
}

#[test]
fn links_lead_somewhere() {
    for page in PAGES {
        let folder = root().join(page).parent().unwrap().to_path_buf();
        let text = read(page);
        let links = text.split("](").skip(1);
        for link in links.map(|rest| rest.split([')', '#']).next().unwrap()) {
            let is_file = !link.is_empty() && !link.starts_with("http");
            assert!(!is_file || folder.join(link).exists(), "{page}: {link}");
        }
    }
}

/// The guide's chapters and the proof's page name tests and folders, the guide as in `tests/`.
#[test]
fn paths_in_code_spans_exist() {
    let chapters = fs::read_dir(root().join("src/guide")).unwrap();
    let mut pages: Vec<_> = chapters.map(|entry| entry.unwrap().path()).collect();
    pages.push(root().join("proof/README.md"));
    let mut found = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let folders = [root(), &root().join("tests"), page.parent().unwrap()];
        for path in text.split('`').filter(|span| is_path_of_ours(span)) {
            let exists = folders.iter().any(|folder| folder.join(path).exists());
            assert!(exists, "{}: {path}", page.display());
            found += 1;
        }
    }
    assert!(found > 30, "{found} paths");
}

/// Whether a code span is the path of a Rust file, or of something in a folder of ours.
fn is_path_of_ours(span: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let Some((first, _)) = span.split_once('/').filter(|_| span.chars().all(is_plain)) else {
        return false;
    };
    let is_folder = |folder: &str| root().join(folder).join(first).is_dir();
    let is_rust = span.ends_with(".rs");
    is_rust || !first.is_empty() && (is_folder("") || is_folder("tests"))
}

#[test]
fn commands_name_what_exists() {
    for page in PAGES {
        for command in commands(&read(page)) {
            let words: Vec<_> = command.split_whitespace().collect();
            for pair in words.windows(2) {
                let found = match pair[0] {
                    "--example" => is_target("examples", pair[1]),
                    "--bench" => is_target("benches", pair[1]),
                    "--bin" => is_target("src/bin", pair[1]),
                    "--test" => is_target("tests", pair[1]),
                    "-p" => !packages(pair[1]).is_empty(),
                    "--manifest-path" => root().join(pair[1]).exists(),
                    _ => true,
                };
                assert!(found, "{page}: {command}");
            }
            let program = words[0];
            let is_script = program.contains('/') && !program.contains('=');
            assert!(
                !is_script || root().join(program).exists(),
                "{page}: {command}"
            );
        }
    }
}

/// Lines of shell blocks, and code spans that run cargo or a script.
fn commands(page: &str) -> Vec<String> {
    let lines = blocks(page, "sh").into_iter().flat_map(str::lines);
    let starts = ["cargo ", "tests/run.sh", "proof/", ".ci/"];
    let spans = page.split('`').filter(|span| {
        let is_one_line = !span.contains('\n');
        is_one_line && starts.iter().any(|start| span.starts_with(start))
    });
    let of_a_command = |span: &&str| span.starts_with("cargo ") || span.ends_with(".sh");
    let commands = lines.chain(spans.filter(of_a_command));
    commands
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether any package has a target of this name in this folder.
fn is_target(folder: &str, name: &str) -> bool {
    let is_in = |package: &PathBuf| {
        let folder = package.join(folder);
        folder.join(format!("{name}.rs")).exists() || folder.join(name).join("main.rs").exists()
    };
    manifests().iter().any(|(package, _)| is_in(package))
}

/// The packages of this name.
fn packages(name: &str) -> Vec<PathBuf> {
    let line = format!("name = \"{name}\"\n");
    let named = manifests()
        .into_iter()
        .filter(|(_, text)| text.contains(&line));
    named.map(|(package, _)| package).collect()
}

/// The folder and the manifest of each package of the workspace.
fn manifests() -> Vec<(PathBuf, String)> {
    let workspace = read("Cargo.toml");
    let (_, members) = workspace.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let folders = members.split('"').skip(1).step_by(2);
    folders
        .map(|folder| root().join(folder))
        .map(|folder| {
            let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            (folder, text)
        })
        .collect()
}
