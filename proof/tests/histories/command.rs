//! The command itself, as a user runs it.

use std::process::{Command, Output};

pub fn histories(flags: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_histories"))
        .args(flags.split_whitespace())
        .output()
        .unwrap()
}

/// The number in a row of the table.
pub fn row(table: &str, name: &str) -> u64 {
    let line = table
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(name)?.trim().parse().ok());
    line.unwrap_or_else(|| panic!("no row {name}:\n{table}"))
}

fn passes(flags: &str, count: u64, faults: &[&str]) {
    let output = histories(&format!("{flags} --count {count}"));
    let table = String::from_utf8(output.stdout).unwrap();
    println!("histories {flags}\n{table}");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for violation in [
        "lost",
        "doubled",
        "stale",
        "forked",
        "untrue",
        "unheard of",
        "failed",
    ] {
        assert_eq!(row(&table, violation), 0, "{violation}");
    }
    assert_eq!(row(&table, "histories"), count);
    // A run without faults, or without acknowledgements, would prove nothing.
    for fault in faults {
        assert!(row(&table, fault) > 0, "{fault}:\n{table}");
    }
    assert!(
        row(&table, "known again as duplicates") > count && row(&table, "unknown") > 0,
        "{table}"
    );
    assert!(
        row(&table, "acknowledged") * 4 > row(&table, "messages") * 3,
        "{table}"
    );
}

/// Asserts that fewer than twenty histories are enough to find a violation of this design.
fn assert_caught(flags: &str, as_one_of: &[&str]) {
    caught(&format!("{flags} --seed 1 --count 19"), as_one_of);
}

/// Asserts that a violation of one of these kinds is found.
pub fn caught(flags: &str, as_one_of: &[&str]) {
    let output = histories(flags);
    let said = String::from_utf8(output.stdout).unwrap();
    println!("histories {flags}\n{said}");
    assert_eq!(
        output.status.code(),
        Some(1),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(as_one_of.iter().any(|kind| row(&said, kind) > 0), "{said}");
    assert!(
        said.contains(
            "To run this seed again:\ncargo run --release -p proof --bin histories -- --seed "
        ),
        "{said}"
    );
}

const NETWORK: [&str; 8] = [
    "requests lost",
    "requests torn",
    "requests late",
    "replies lost",
    "replies torn",
    "replies late",
    "replies garbled",
    "connections cut",
];

#[test]
fn faulty_network_loses_and_doubles_nothing() {
    passes("--seed 1", 100, &NETWORK);
}

#[test]
fn killed_server_loses_no_more_than_its_copy_lacks() {
    let servers = [
        "servers killed and restarted",
        "servers back with an older copy",
        "acknowledged, then gone with the server",
    ];
    passes("--seed 1 --kill", 19, &servers);
}

#[test]
fn moving_cluster_sessions_loses_and_doubles_nothing() {
    passes(
        "--seed 1 --cluster",
        19,
        &[&NETWORK[..], &["sessions moved to another node"]].concat(),
    );
}

#[test]
fn last_write_wins_is_caught() {
    assert_caught("--store broken-last-write-wins", &["lost"]);
}

#[test]
fn design_without_commit_ids_is_caught() {
    assert_caught("--store broken-no-commit-ids", &["doubled"]);
}

#[test]
fn design_without_commit_ids_is_caught_on_a_cluster() {
    assert_caught("--cluster --store broken-no-commit-ids", &["doubled"]);
}

#[test]
fn version_without_a_random_tag_is_caught() {
    assert_caught(
        "--store broken-number-only --kill",
        &["lost", "forked", "unheard of"],
    );
}

#[test]
fn wrong_command_line_exits_with_2() {
    for wrong in [
        "--count 0",
        "--kill --cluster",
        "--store memory",
        "--failover",
        "--bot outbox",
        "--payments 1 --cluster",
        "--payments 1 --count 2",
        "--payments 1 --bot telegram",
        "--sed 1",
        "--seed",
    ] {
        assert_eq!(histories(wrong).status.code(), Some(2), "{wrong}");
    }
}
