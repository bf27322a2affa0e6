//! The reads of a load and of a token. Each command is built in one piece: one that grows while it
//! is built costs more than the server needs to answer it.

use redis::{Cmd, Pipeline};

use super::keys::{Key, Keys};
use crate::id::CommitId;

/// One transaction that reads so many bytes of each key; and of each hash of commit ids, the length
/// of its expiry and, if a commit id is asked for, of what is recorded under it.
///
/// The lengths alone, because a foreign value may be longer than all that this crate writes, and a
/// field cannot be read in part. Most often there is nothing to read.
///
/// No commit comes between two of the reads, and it takes half the server's time of a script.
pub(super) fn transaction<const N: usize>(
    keys: &Keys,
    limits: [(Key, usize); N],
    commit: Option<&CommitId>,
) -> Pipeline {
    let mut reads = Pipeline::with_capacity(N + 2 * Key::DONE.len() + 2);
    reads.add_command(command("MULTI", 0, 0));
    for (key, max) in limits {
        reads.add_command(read(&keys.name(key), max));
    }
    let commit = commit.map(CommitId::to_string);
    for field in ["".into()].into_iter().chain(commit) {
        for key in Key::DONE {
            reads.add_command(field_command("HSTRLEN", &keys.name(key), &field));
        }
    }
    reads.add_command(command("EXEC", 0, 0));
    reads
}

/// Reads what is recorded under a commit id in the hash of this name.
pub(crate) fn read_record(hash: &str, commit: &CommitId) -> Cmd {
    field_command("HGET", hash, &commit.to_string())
}

fn field_command(name: &str, hash: &str, field: &str) -> Cmd {
    let mut command = command(name, 2, hash.len() + field.len());
    command.arg(hash).arg(field);
    command
}

/// Reads `max` bytes of a key and one byte more, so that a value that is too large is noticed
/// without being read whole.
pub(crate) fn read(key: &str, max: usize) -> Cmd {
    let mut read = command("GETRANGE", 3, key.len() + 8);
    read.arg(key).arg(0).arg(max);
    read
}

/// A command with room for so many arguments of so many bytes.
fn command(name: &str, args: usize, bytes: usize) -> Cmd {
    let mut command = Cmd::with_capacity(1 + args, name.len() + bytes);
    command.arg(name);
    command
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;

    use super::*;
    use crate::id::UserId;
    use crate::store::redis::wire::keys::KeyNaming;

    #[test]
    fn a_load_is_built_in_one_piece() {
        let keys = KeyNaming::default().keys(&UserId::new("263771234567").unwrap());
        // A number that starts with zeros is written in two steps.
        let commit = "f".repeat(32).parse().unwrap();
        let limits = [(Key::VERSION, 10), (Key::DATA, 10), (Key::TOKEN, 10)];
        let built = measure(|| drop(transaction(&keys, limits, Some(&commit))));
        // The list of commands, for each a text and a list of its words, the keys of all but MULTI
        // and EXEC, and the commit id.
        let commands = limits.len() + 2 * Key::DONE.len() + 2;
        let expected = 1 + 2 * commands + (commands - 2) + 1;
        assert_eq!(built.count_total as usize, expected);
        assert!(built.bytes_total < 2000, "{} bytes", built.bytes_total);
    }
}
