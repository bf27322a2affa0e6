//! The README shows what is: its diagram is the table's, its transcript is what `chat` prints, its links lead somewhere. Its code
//! is compiled and run with the documentation's.
#![cfg(feature = "vimbisopay")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const README: &str = include_str!("../README.md");

/// What stands in the code blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}\n");
    let blocks: Vec<_> = README.split(open.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "no {language} in the README");
    blocks
}

#[test]
fn its_diagram_is_the_table_of_the_preset() {
    assert_eq!(blocks("mermaid"), [vimbiso_state::mermaid::<vimbiso_state::vimbisopay::VimbisoPay>()]);
}

#[test]
fn its_transcript_is_what_chat_prints() {
    let transcript = blocks("text")[0];
    let input: String = transcript.lines().filter_map(|line| line.strip_prefix("> ")).map(|line| format!("{line}\n")).collect();
    // The folder of the examples lies beside that of the tests.
    let chat = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples/chat");
    let mut chat = Command::new(chat).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    chat.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let printed = chat.wait_with_output().unwrap();
    assert!(printed.status.success());
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), transcript);
}

#[test]
fn its_links_and_commands_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
    for link in links.filter(|link| !link.is_empty() && !link.starts_with("http")) {
        assert!(root.join(link).exists(), "{link} is not there");
    }
    for command in blocks("sh").iter().flat_map(|block| block.lines()) {
        let mut words =
            command.split_whitespace().skip_while(|word| *word != "--example" && *word != "--bench").map(str::to_owned);
        if let (Some(kind), Some(name)) = (words.next(), words.next()) {
            let folder = root.join(if kind == "--bench" { "benches" } else { "examples" });
            assert!(folder.join(&name).join("main.rs").exists() || folder.join(format!("{name}.rs")).exists(), "{command}");
        } else if let Some(script) = command.split_whitespace().next().filter(|word| word.contains('/')) {
            assert!(root.join(script).exists(), "{command}");
        }
    }
}
