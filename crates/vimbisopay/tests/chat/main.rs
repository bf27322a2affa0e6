//! The program `chat`, run with a pipe: its output is compared with transcripts.
//!
//! A transcript begins with the command line. Its `> ` lines are the input, and the whole is the
//! expected output. To write the transcripts again:
//! `WRITE_TRANSCRIPTS=1 cargo test -p vimbisopay --test chat`.

mod two_processes;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use vimbiso_state::vimbisopay::VimbisoPay;

const PROGRAM: &str = env!("CARGO_BIN_EXE_chat");

fn chat(flags: &[&str], typed: &str) -> Output {
    chat_logging("off", flags, typed)
}

fn chat_logging(level: &str, flags: &[&str], typed: &str) -> Output {
    let mut chat = Command::new(PROGRAM)
        .env("RUST_LOG", level)
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The write fails if the program has refused its flags and does not read.
    let _ = chat.stdin.take().unwrap().write_all(typed.as_bytes());
    chat.wait_with_output().unwrap()
}

/// The output of the program for the input lines of a transcript.
fn replay(transcript: &str) -> String {
    let command = transcript.lines().next().unwrap();
    let flags: Vec<_> = command
        .split_once(" -- ")
        .map_or("", |(_, flags)| flags)
        .split_whitespace()
        .collect();
    let typed: String = transcript
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .map(|line| format!("{line}\n"))
        .collect();
    let output = chat(&flags, &typed);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    format!("{command}\n{}", String::from_utf8(output.stdout).unwrap())
}

fn compare(expected: &str, name: &str) {
    let printed = replay(expected);
    for (number, (expected, printed)) in expected.lines().zip(printed.lines()).enumerate() {
        assert_eq!(printed, expected, "{name}, line {}", number + 1);
    }
    assert_eq!(
        printed.lines().count(),
        expected.lines().count(),
        "{name}: the number of lines"
    );
}

fn transcript(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(format!("{name}.txt"));
    let expected = fs::read_to_string(&path).unwrap();
    if std::env::var_os("WRITE_TRANSCRIPTS").is_some() {
        fs::write(&path, replay(&expected)).unwrap();
    } else {
        compare(&expected, name);
    }
}

#[test]
fn a_whole_conversation_of_a_visitor() {
    transcript("a_whole_conversation");
}

#[test]
fn an_owner_manages_members_and_accounts() {
    transcript("an_owner");
}

#[test]
fn button_of_an_earlier_question_is_pressed() {
    transcript("an_earlier_question");
}

#[test]
fn two_users_deal_with_each_other() {
    transcript("two_users");
}

#[test]
fn a_session_expires() {
    transcript("an_expired_session");
}

#[test]
fn a_message_is_delivered_twice() {
    transcript("duplicates");
}

#[test]
fn the_api_fails_on_demand() {
    transcript("outages");
}

#[test]
fn the_tier_changes_between_menu_and_reply() {
    transcript("a_changed_tier");
}

#[test]
fn commands_and_their_errors() {
    transcript("commands");
}

#[test]
fn the_transcript_in_the_source_is_what_it_prints() {
    let source =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/chat/main.rs"))
            .unwrap();
    let lines = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    let block: Vec<_> = lines
        .skip_while(|line| *line != "```text")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect();
    assert!(block.len() > 10, "the source opens with a transcript");
    compare(&block.join("\n"), "src/bin/chat/main.rs");
}

#[test]
fn every_transcript_is_compared() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let this = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chat/main.rs"))
        .unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry
            .unwrap()
            .path()
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        assert!(
            this.contains(&format!("transcript(\"{name}\")")),
            "{name} is compared by no test"
        );
    }
}

#[test]
fn an_unknown_flag_prints_the_usage_and_exits_with_2() {
    for flags in [
        &["--nope"][..],
        &["hello"],
        &["--user"],
        &["--user", "a_b"],
        &["--user", ""],
        &["--ttl", "soon"],
        &["--ttl", "-1"],
        &["--tier", "3"],
        &["--members", "a,,b"],
        &["--members"],
    ] {
        let output = chat(flags, "hi\n");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(
            told.contains("usage: chat") && told.starts_with("chat: "),
            "{flags:?}: {told}"
        );
        assert!(output.stdout.is_empty(), "{flags:?}");
    }
}

#[test]
fn a_setting_outside_its_limits_is_an_error() {
    for ttl in ["0", "99999999"] {
        let output = chat(&["--ttl", ttl], "hi\n");
        assert_eq!(output.status.code(), Some(1), "--ttl {ttl}");
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .contains("invalid ttl: use ")
        );
    }
}

#[test]
fn help_is_not_an_error() {
    let output = chat(&["--help"], "");
    assert!(output.status.success() && output.stdout.starts_with(b"usage: chat"));
}

#[test]
fn the_state_is_one_line_with_its_keys_in_order() {
    let output = chat(&["--members", "263771234567"], "/state\nhi\n/state");
    let printed = String::from_utf8(output.stdout).unwrap();
    let states: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    assert_eq!(states.len(), 2);
    let keys = [
        "user",
        "opening",
        "stage",
        "option",
        "direction",
        "first_name",
        "last_name",
        "registered",
        "has_token",
        "menu_shown",
        "revision",
        "state",
    ];
    for line in states {
        let positions: Vec<_> = keys
            .iter()
            .map(|key| line.find(&format!("\"{key}\":")).unwrap())
            .collect();
        assert!(positions.is_sorted(), "{line}");
        let state: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        assert_eq!(state.len(), keys.len());
    }
}

#[test]
fn a_trace_log_holds_no_personal_data() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut logged = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let transcript = fs::read_to_string(entry.unwrap().path()).unwrap();
        let flags = transcript
            .lines()
            .next()
            .unwrap()
            .split_once(" -- ")
            .map_or("", |(_, flags)| flags);
        let typed: String = transcript
            .lines()
            .filter_map(|line| line.strip_prefix("> "))
            .map(|line| format!("{line}\n"))
            .collect();
        let output = chat_logging(
            "trace",
            &flags.split_whitespace().collect::<Vec<_>>(),
            &typed,
        );
        logged += &String::from_utf8(output.stderr).unwrap();
    }
    assert!(
        logged.contains("Updating state") && logged.contains("UserId(263…"),
        "{logged}"
    );
    for canary in [
        "26377", "eyJ", "Ada", "Lovelace", "Tariro", "Grace", "99.76", "account-", "wamid", "chat-",
    ] {
        assert!(!logged.contains(canary), "the log holds {canary}");
    }
}

#[test]
fn the_diagram_is_that_of_the_specification() {
    let output = chat(&[], "/flow\n");
    let diagram = vimbiso_state::flow::mermaid::<VimbisoPay>();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("> /flow\n{}\n", diagram.trim_end())
    );
}

#[test]
fn input_that_is_not_utf8_is_read() {
    let mut chat = Command::new(PROGRAM)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    chat.stdin
        .take()
        .unwrap()
        .write_all(b"\xff\xfe\n\n/quit\nnever read\n")
        .unwrap();
    let output = chat.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success()
            && printed.contains("Become a Member")
            && printed.ends_with("> /quit\n"),
        "{printed}"
    );
}
