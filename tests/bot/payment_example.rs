//! The example `payment`, killed at each point that it offers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::server::Server;

/// Runs the example to its end. The folder of the examples is beside the folder of the tests.
fn payment(url: &str, ledger: &Path, point: Option<&str>, typed: &str) -> Output {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples").join("payment");
    assert!(program.exists(), "run `cargo build --examples` first");
    let mut child = Command::new(program)
        .arg(url)
        .args(point)
        .env("LEDGER", ledger)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn payments(ledger: &PathBuf) -> usize {
    std::fs::read_dir(ledger).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_is_made_once_at_every_point_of_a_kill() {
    let points = [
        ("before-perform", "Paid 5 to Grace.\n"),
        ("after-perform", "Paid 5 to Grace.\n"),
        ("before-send", "Paid 5 to Grace.\n"),
        ("after-send", "Paid 5 to Grace.\n"), // told twice: the process died before it was recorded
    ];
    for (point, told) in points {
        let server = Server::start();
        let folder = tempfile(point);
        let killed = payment(&server.raw_url(), &folder, Some(point), "5\nyes\n");
        assert!(!killed.status.success(), "{point}");
        assert!(
            printed(&killed).ends_with(&format!("killed {point}\n")),
            "{}",
            printed(&killed)
        );
        let next = payment(&server.raw_url(), &folder, None, "");
        assert!(
            next.status.success(),
            "{point}: {}",
            String::from_utf8_lossy(&next.stderr)
        );
        assert_eq!(printed(&next), told, "{point}");
        assert_eq!(payments(&folder), 1, "{point}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_without_a_kill_prints_its_transcript() {
    let server = Server::start();
    let folder = tempfile("none");
    let output = payment(&server.raw_url(), &folder, None, "5\nyes\n");
    assert_eq!(
        printed(&output),
        "Send 5 to Grace? yes or no?\nPaid 5 to Grace.\n"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

fn tempfile(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("payment-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
