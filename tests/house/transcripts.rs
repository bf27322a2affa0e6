//! The transcripts that a reader sees are what the programs print.

use std::path::Path;
use std::process::Command;

use crate::readme::{blocks, read};

/// The examples that end by themselves and need no server.
const PROGRAMS: [&str; 3] = ["quick_start", "own_flow", "tokens"];

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
fn printed(example: &str, arguments: &[&str]) -> String {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples").join(example);
    let is_built = program.exists();
    assert!(is_built, "run `cargo build --example {example}` first");
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn examples_print_their_transcripts() {
    for example in PROGRAMS {
        assert_eq!(printed(example, &[]), transcript(example), "{example}");
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn redis_example_prints_its_transcript() {
    let server = harness::redis::Redis::any().await;
    let shown = transcript("redis");
    let (output, get) = shown.split_once("$ redis-cli get ").unwrap();
    assert_eq!(printed("redis", &[&server.url]), output);

    let (key, shown) = get.split_once('\n').unwrap();
    let mut redis = harness::server::raw(&server.url).await;
    let stored: Result<String, _> = redis::Cmd::get(key).query_async(&mut redis).await;
    assert_eq!(format!("{}\n", stored.unwrap()), shown);
}

#[cfg(feature = "testing")]
#[test]
fn custom_store_shows_the_number_of_behaviours() {
    use vimbiso_state::store::conformance::BEHAVIOURS;
    let count = BEHAVIOURS.len();
    let shown = transcript("custom_store/main");
    let expected = format!("{count} behaviours: {count} kept, 0 broken, 0 ignored");
    assert_eq!(shown.lines().last(), Some(expected.as_str()));
}

#[test]
fn readme_shows_what_the_quick_start_prints() {
    let readme = read("README.md");
    assert_eq!(blocks(&readme, "text"), [printed("quick_start", &[])]);
}

#[test]
fn readme_shows_the_program_of_the_quick_start() {
    let readme = read("README.md");
    let program = blocks(&readme, "rust")[0];
    assert_eq!(bare(program), bare(&read("examples/quick_start.rs")));
}

/// A program without its comments and its layout, and without what may be written in two ways.
fn bare(program: &str) -> String {
    let lines = program.lines();
    let code: String = lines.map(|line| line.split("//").next().unwrap()).collect();
    let mut bare: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    for path in ["Self::", "At::", "Pizza::"] {
        bare = bare.replace(path, "");
    }
    for close in [")", "]", "}"] {
        bare = bare.replace(&format!(",{close}"), close);
    }
    bare
}

#[test]
fn programs_differ_if_their_code_does() {
    let program = "fn f() { // a comment\n    g(1, 2)\n}\n";
    let same = "fn f() {\n    g(\n        1,\n        2,\n    )\n}\n";
    assert_eq!(bare(program), bare(same));
    assert_ne!(bare(program), bare("fn f() { g(1, 3) }"));
}
