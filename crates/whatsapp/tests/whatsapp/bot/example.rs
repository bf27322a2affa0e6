//! The example `tickets`: its transcript, and how much code it is.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const SOURCE: &str = include_str!("../../../examples/tickets.rs");

/// What is typed, and what is printed.
fn transcript() -> (String, String) {
    let docs = SOURCE
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim_start);
    let mut block = docs.skip_while(|line| *line != "```text").skip(1);
    let command = block.next().unwrap();
    let typed = command.strip_prefix("$ printf '").unwrap();
    let (typed, command) = typed.split_once("' | ").unwrap();
    assert_eq!(command, "cargo run -p vimbiso-whatsapp --example tickets");
    let lines = block.take_while(|line| *line != "```");
    let printed: String = lines.map(|line| format!("{line}\n")).collect();
    (typed.replace("\\n", "\n"), printed)
}

#[test]
fn example_prints_its_transcript() {
    let (typed, printed) = transcript();
    // The folder of the examples is beside the folder of the tests.
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples").join("tickets");
    assert!(program.exists(), "run `cargo build --examples` first");
    let mut child = Command::new(program)
        .env_remove("ACCESS_TOKEN")
        .env_remove("REDIS_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), printed);
}

/// All of a host's code for a bot with menus and a payment, and the text at its top.
#[test]
fn whole_bot_has_at_most_250_lines() {
    let lines = SOURCE.lines().count();
    assert!((150..=250).contains(&lines), "{lines} lines");
}
