//! The scripts. Their text is constant: data comes in KEYS and ARGV alone, so a server keeps one copy of each.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{Arg, Cmd};

use super::command::command;
use super::done;
use super::keys::{Key, Keys};
use crate::store::Commit;

/// A script, and the SHA-1 by which a server knows it.
pub(super) struct Script {
    text: &'static str,
    sha1: LazyLock<String>,
}

/// The files of one script, one after the other.
macro_rules! script {
    ($($file:literal),+) => {{
        const TEXT: &str = concat!($(include_str!($file)),+);
        Script { text: TEXT, sha1: LazyLock::new(|| redis::Script::new(TEXT).get_hash().to_owned()) }
    }};
}

pub(super) static FIVE_KEYS: Script = script!("clock.lua", "five_keys.lua");
pub(super) static ONE_KEY: Script = script!("clock.lua", "one_key.lua");
pub(super) static RESOLVE: Script = script!("clock.lua", "resolve.lua");
pub(super) static CLAIM: Script = script!("clock.lua", "claim.lua");
pub(super) static PUT_TOKEN: Script = script!("put_token.lua");
pub(super) static PROBE: Script = script!("probe.lua");

impl Script {
    /// A call by name, its arguments still to come.
    pub(super) fn on<const N: usize>(&self, keys: &Keys, names: [Key; N]) -> Cmd {
        self.with(&names.map(|name| keys.name(name)), 8, 256)
    }

    pub(super) fn on_key(&self, key: String) -> Cmd {
        self.with(&[key], 0, 0)
    }

    /// The call of a commit, with the arguments that it has under any layout.
    pub(super) fn commit<const N: usize>(&self, keys: &Keys, names: [Key; N], commit: &Commit<'_>, retention: u64) -> Cmd {
        let bytes = 1024 + commit.record.state.len() + commit.reply.map_or(0, <[u8]>::len) + commit.basis.as_bytes().len();
        let mut call = self.with(&names.map(|name| keys.name(name)), 16, bytes);
        call.arg(commit.id.to_string()).arg(done::applied(commit.record.version, commit.reply));
        call.arg(millis(commit.ttl)).arg(retention).arg(u8::from(commit.drop_token));
        call
    }

    fn with(&self, keys: &[String], args: usize, bytes: usize) -> Cmd {
        let named: usize = keys.iter().map(String::len).sum();
        let mut call = command("EVALSHA", 2 + keys.len() + args, 48 + named + bytes);
        call.arg(&*self.sha1).arg(keys.len()).arg(keys);
        call
    }

    /// The same call with the text itself, for a server that does not know the name. Servers from 7.4 on forget such a script
    /// again under pressure, so that this stays a part of the way.
    pub(super) fn in_full(&self, by_name: &Cmd) -> Cmd {
        let mut call = redis::cmd("EVAL");
        call.arg(self.text);
        for arg in by_name.args_iter().skip(2) {
            if let Arg::Simple(arg) = arg {
                call.arg(arg);
            }
        }
        call
    }
}

/// A duration as the scripts take it.
pub(super) fn millis(duration: Duration) -> u64 {
    // Beyond a thousand years, Lua's numbers would no longer be exact.
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 45)
}

#[cfg(test)]
mod tests {
    use super::super::{five_keys, one_key};
    use super::*;

    #[test]
    fn the_scripts_read_as_far_as_a_load_does() {
        let reads = |script: &Script, asked: &[(Key, usize)]| {
            for (key, (_, most)) in asked.iter().enumerate() {
                let read = format!("call('GETRANGE', KEYS[{}], '0', '{most}')", key + 1);
                assert!(script.text.contains(&read), "{read}");
            }
        };
        reads(&FIVE_KEYS, &five_keys::READ);
        reads(&ONE_KEY, &one_key::READ);
        assert!(PUT_TOKEN.text.contains(&format!("call('GETRANGE', KEYS[1], '0', '{}')", crate::store::StoredToken::MAX_LEN)));
    }

    #[test]
    fn the_probe_runs_every_command_that_the_others_run() {
        let commands = |text: &str| -> std::collections::BTreeSet<String> {
            text.split("call('").skip(1).map(|rest| rest.split('\'').next().unwrap().to_owned()).collect()
        };
        let others: std::collections::BTreeSet<_> =
            [&FIVE_KEYS, &ONE_KEY, &RESOLVE, &PUT_TOKEN, &CLAIM].iter().flat_map(|script| commands(script.text)).collect();
        assert_eq!(commands(PROBE.text), others);
    }
}
