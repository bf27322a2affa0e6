//! Examples whose documentation opens with what is typed and what is printed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is typed and what is printed in the first block of an example's documentation, which begins
/// with `$ printf '…' | ` and this command.
pub fn transcript(source: &str, command: &str) -> (String, String) {
    let docs = source.lines().map_while(|line| line.strip_prefix("//!"));
    let docs = docs.map(str::trim_start);
    let mut block = docs.skip_while(|line| *line != "```text").skip(1);
    let first = block.next().unwrap();
    let typed = first.strip_prefix("$ printf '").unwrap();
    let (typed, started) = typed.split_once("' | ").unwrap();
    assert_eq!(started, command);
    let lines = block.take_while(|line| *line != "```");
    let printed: String = lines.map(|line| format!("{line}\n")).collect();
    (typed.replace("\\n", "\n"), printed)
}

/// What an example prints if this is typed, and none of these variables is set.
pub fn printed(example: &str, typed: &str, unset: &[&str]) -> String {
    // The folder of the examples is beside the folder of the tests.
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples").join(example);
    assert!(program.exists(), "run `cargo build --examples` first");
    let mut command = Command::new(program);
    for variable in unset {
        command.env_remove(variable);
    }
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
