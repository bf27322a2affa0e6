//! The scripts. Their text is constant: data comes in KEYS and ARGV alone, so a server keeps one copy of each.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{Arg, Cmd};

use super::keys::{Key, Keys};

/// A script, and the SHA-1 by which a server knows it.
pub(super) struct Script {
    text: &'static str,
    sha1: LazyLock<String>,
}

macro_rules! script {
    ($file:literal) => {
        Script {
            text: include_str!($file),
            sha1: LazyLock::new(|| redis::Script::new(include_str!($file)).get_hash().to_owned()),
        }
    };
}

pub(super) static COMMIT: Script = script!("commit.lua");
pub(super) static RESOLVE: Script = script!("resolve.lua");
pub(super) static PUT_TOKEN: Script = script!("put_token.lua");
pub(super) static CLAIM: Script = script!("claim.lua");
pub(super) static PROBE: Script = script!("probe.lua");

impl Script {
    /// A call by name, its arguments still to come.
    pub(super) fn on<const N: usize>(&self, keys: &Keys, names: [Key; N]) -> Cmd {
        self.on_keys(&names.map(|name| keys.name(name)))
    }

    pub(super) fn on_keys(&self, keys: &[String]) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
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
    use super::super::keys::READ;
    use super::*;

    #[test]
    fn the_scripts_read_as_far_as_a_load_does() {
        for (key, (_, most)) in READ.iter().enumerate() {
            let read = format!("call('GETRANGE', KEYS[{}], '0', '{most}')", key + 1);
            assert!(COMMIT.text.contains(&read), "{read}");
        }
        assert!(PUT_TOKEN.text.contains(&format!("call('GETRANGE', KEYS[1], '0', '{}')", crate::store::StoredToken::MAX_LEN)));
    }

    #[test]
    fn the_probe_runs_every_command_that_the_others_run() {
        let commands = |text: &str| -> std::collections::BTreeSet<String> {
            text.split("call('").skip(1).map(|rest| rest.split('\'').next().unwrap().to_owned()).collect()
        };
        let others: std::collections::BTreeSet<_> =
            [&COMMIT, &RESOLVE, &PUT_TOKEN, &CLAIM].iter().flat_map(|script| commands(script.text)).collect();
        assert_eq!(commands(PROBE.text), others);
    }
}
