//! Two processes of `chat` on one Redis, one user: one conversation.

use std::io::Write as _;
use std::process::{Command, Stdio};

use harness::server::Server;

fn chat(server: &Server, typed: &str) -> String {
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
        .spawn()
        .unwrap();
    chat.stdin
        .take()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    let output = chat.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
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
