//! Commands, built in one piece: a command that grows as it is built costs more than the server needs to answer it.

use redis::{Cmd, Pipeline};

use super::keys::{Key, Keys};
use crate::id::CommitId;

/// One transaction that reads so much of each key, and what is recorded under the commit id: no commit comes between two reads,
/// and it takes half the server's time of a script. One byte more is asked for than is taken for ours, so that what is larger is
/// noticed without being read.
pub(super) fn reads<const N: usize>(
    keys: &Keys,
    asked: [(Key, usize); N],
    commit: Option<&CommitId>,
) -> Pipeline {
    let mut reads = Pipeline::with_capacity(N + Key::DONE.len() + 2);
    reads.add_command(command("MULTI", 0, 0));
    for (key, most) in asked {
        reads.add_command(read(&keys.name(key), most));
    }
    if let Some(commit) = commit.map(CommitId::to_string) {
        for key in Key::DONE {
            let name = keys.name(key);
            let mut read = command("HGET", 2, name.len() + commit.len());
            read.arg(name).arg(&commit);
            reads.add_command(read);
        }
    }
    reads.add_command(command("EXEC", 0, 0));
    reads
}

/// Reads so much of a key, and one byte more.
pub(super) fn read(key: &str, most: usize) -> Cmd {
    let mut read = command("GETRANGE", 3, key.len() + 8);
    read.arg(key).arg(0).arg(most);
    read
}

/// A command with room for so many arguments of so many bytes.
pub(super) fn command(name: &str, args: usize, bytes: usize) -> Cmd {
    let mut command = Cmd::with_capacity(1 + args, name.len() + bytes);
    command.arg(name);
    command
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;

    use super::*;
    use crate::id::UserId;
    use crate::store::redis::five_keys;
    use crate::store::redis::keys::Layout;

    #[test]
    fn a_load_is_built_in_one_piece() {
        let keys = Layout::default().keys(&UserId::new("263771234567").unwrap());
        // A number that begins with zeros is written in two steps.
        let commit = "f".repeat(32).parse().unwrap();
        let built = measure(|| drop(five_keys::reads(&keys, Some(&commit))));
        // A list of commands, each of which is a text and a list of its words; the keys of those between the first and the last,
        // and the commit id.
        let commands = five_keys::READ.len() + Key::DONE.len() + 2;
        assert_eq!(
            built.count_total as usize,
            1 + 2 * commands + (commands - 2) + 1
        );
        assert!(built.bytes_total < 2000, "{} bytes", built.bytes_total);
    }
}
