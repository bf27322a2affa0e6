//! The README shows what is: its diagram is the table's, its transcript is how what `chat` prints begins, its links lead somewhere,
//! and the example that it calls a whole bot prints what it says. Its code is compiled and run with the documentation's.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const README: &str = include_str!("../../README.md");
/// The packages beside this one, which a clone has and the published crate has not.
const APART: [&str; 2] = ["benches/peers", "proof"];

/// What stands in the code blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}\n");
    let blocks: Vec<_> = README
        .split(open.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(!blocks.is_empty(), "no {language} in the README");
    blocks
}

#[test]
fn its_diagram_is_the_table_of_the_preset() {
    assert_eq!(
        blocks("mermaid"),
        [vimbiso_state::mermaid::<
            vimbiso_state::vimbisopay::VimbisoPay,
        >()]
    );
}

/// What an example prints to these lines. The folder of the examples lies beside that of the tests.
fn printed(example: &str, input: &str) -> String {
    let program = std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(example);
    assert!(
        program.exists(),
        "{} is missing: cargo build --example {example}",
        program.display()
    );
    let mut running = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // One that reads nothing may have gone.
    let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn its_transcript_is_what_chat_prints() {
    let transcript = blocks("text")[0];
    let input: String = transcript
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .map(|line| format!("{line}\n"))
        .collect();
    let printed = printed("chat", &input);
    let part: String = printed
        .split_inclusive('\n')
        .take(transcript.lines().count())
        .collect();
    assert_eq!(part, transcript);
    assert!(
        !printed[part.len()..].contains("\n> "),
        "of the last line, all is printed: {printed}"
    );
}

#[test]
fn the_clinic_prints_the_transcript_it_opens_with() {
    let source =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clinic.rs"))
            .unwrap();
    let lines = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    let transcript: Vec<_> = lines
        .skip_while(|line| *line != "```text")
        .skip(2)
        .take_while(|line| *line != "```")
        .collect();
    assert_eq!(
        printed("clinic", "").lines().collect::<Vec<_>>(),
        transcript
    );
}

#[test]
fn its_links_and_commands_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README
        .split("](")
        .skip(1)
        .map(|rest| rest.split([')', '#']).next().unwrap());
    // A package of its own is no part of the one that is published.
    let published = |link: &str| {
        !APART
            .iter()
            .any(|folder| link.starts_with(folder) && !root.join(folder).exists())
    };
    for link in
        links.filter(|link| !link.is_empty() && !link.starts_with("http") && published(link))
    {
        assert!(root.join(link).exists(), "{link} is not there");
    }
    for command in blocks("sh").iter().flat_map(|block| block.lines()) {
        let mut words = command
            .split_whitespace()
            .skip_while(|word| *word != "--example" && *word != "--bench")
            .map(str::to_owned);
        if let (Some(kind), Some(name)) = (words.next(), words.next()) {
            let folder = root.join(if kind == "--bench" {
                "benches"
            } else {
                "examples"
            });
            assert!(
                folder.join(&name).join("main.rs").exists()
                    || folder.join(format!("{name}.rs")).exists(),
                "{command}"
            );
        } else if let Some(script) = command
            .split_whitespace()
            .next()
            .filter(|word| word.contains('/') && published(word))
        {
            assert!(root.join(script).exists(), "{command}");
        }
    }
}
