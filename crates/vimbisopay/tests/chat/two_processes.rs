//! Two processes of `chat` on one Redis, one user: one conversation.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use harness::server::Server;

fn chat(server: &Server, typed: &str) -> String {
    let output = run(server, typed);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn run(server: &Server, typed: &str) -> Output {
    let mut chat = Command::new(crate::PROGRAM)
        .args([
            "--redis",
            &server.url(),
            "--namespace",
            "bot",
            "--members",
            "263771234567",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    chat.stdin
        .take()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    chat.wait_with_output().unwrap()
}

#[test]
fn one_process_continues_what_the_other_began() {
    let server = Server::start();
    assert!(chat(&server, "hi\n4\n").contains("📒 *Transactions*, page 1"));
    assert!(chat(&server, "Next\n").contains("📒 *Transactions*, page 2"));
    let state = chat(&server, "/state\n");
    assert!(
        state.contains(r#""option":"handle_action_transactions""#)
            && state.contains(r#""page_number":2"#),
        "{state}"
    );
}

#[test]
fn a_handled_message_is_a_duplicate_at_the_other() {
    let server = Server::start();
    let first = chat(&server, "/id m1 hi\n");
    let second = chat(&server, "/id m1 hi\n/state\n");
    let (again, state) = second.split_once("> /state\n").unwrap();
    assert_eq!(
        again,
        first.replace("> /id m1 hi\n", "> /id m1 hi\n(duplicate)\n")
    );
    assert!(state.contains(r#""revision":1"#), "{state}");
}

#[test]
fn one_process_deletes_for_the_other() {
    let server = Server::start();
    chat(&server, "hi\n4\n");
    assert!(chat(&server, "/forget\n/state\n").contains(r#""opening":"new""#));
    assert!(chat(&server, "/state\n").contains(r#""revision":0"#));
}

#[test]
fn call_of_a_crashed_process_is_made_by_the_other() {
    let server = Server::start();
    let crashed = run(&server, "hi\n10=>grace\n/crash\n/id yes-1 yes\n");
    assert_eq!(crashed.status.code(), Some(3), "it ended in the call");
    let printed = String::from_utf8(crashed.stdout).unwrap();
    assert!(printed.ends_with("> /id yes-1 yes\n"), "{printed}");

    // The lease is 5 s. A delivery meanwhile makes no call.
    let printed = chat(&server, "/id yes-1 yes\n3\n/wait 8\nhi\n3\n/id yes-1 yes\n");
    let told = "✅ Your last request went through: You offered 10.00 USD to Grace Hopper.";
    let before = printed.split(told).next().unwrap();
    assert!(before.contains("(duplicate)\n⏳ Your request is still in progress."));
    assert!(!before.contains("Grace Hopper"), "{printed}");
    // Told to the next message, and again to another delivery of the yes.
    assert_eq!(printed.matches(told).count(), 2, "{printed}");
    let offers = printed
        .matches("10.00 USD to Grace Hopper (@grace)")
        .count();
    assert_eq!(offers, 1, "{printed}");
}
