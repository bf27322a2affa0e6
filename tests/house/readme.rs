//! The pages for readers show what is true: an example prints the transcript that it opens with,
//! and links and commands lead somewhere. The code on the pages is compiled and run as doctests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGES: [&str; 6] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benches/README.md",
    "proof/README.md",
];

/// The examples that end by themselves and need no server.
const PROGRAMS: [&str; 3] = ["quick_start", "own_flow", "tokens"];

/// The examples of one page; `custom_store` is longer.
const SHORT: [&str; 5] = ["quick_start", "own_flow", "redis", "tokens", "web_wizard"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The code blocks of a page in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    let after_fences = page.split(open.as_str()).skip(1);
    after_fences
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

/// The transcript that an example opens with, without the command that starts it.
fn transcript(example: &str) -> String {
    let source = read(&format!("examples/{example}.rs"));
    let docs = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = docs.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let block = lines.skip_while(|line| *line != "```text").skip(1);
    let mut block = block.take_while(|line| *line != "```");
    let command = block.next().unwrap();
    assert!(command.starts_with("$ cargo run --example"), "{command}");
    block.map(|line| format!("{line}\n")).collect()
}

/// What an example prints. The folder of the examples is beside the folder of the tests.
fn printed(example: &str) -> String {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples").join(example);
    let is_built = program.exists();
    assert!(is_built, "run `cargo build --example {example}` first");
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{example}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn examples_print_their_transcripts() {
    for example in PROGRAMS {
        assert_eq!(printed(example), transcript(example), "{example}");
    }
}

#[test]
fn readme_shows_what_the_quick_start_prints() {
    assert_eq!(blocks(&read("README.md"), "text"), [printed("quick_start")]);
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
