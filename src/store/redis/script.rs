//! The scripts. Their text is constant: data comes in KEYS and ARGV alone, so a server keeps one copy of each.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{Arg, Cmd};

use super::command::command;
use super::done;
use super::keys::{Key, Keys};
use crate::store::CommitRequest;

/// More than any script takes, its keys included.
const MOST_ARGS: usize = 32;

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

pub(super) static FIVE_KEYS: Script = script!("clock.lua", "wheel.lua", "five_keys.lua");
pub(super) static ONE_KEY: Script = script!("clock.lua", "wheel.lua", "one_key.lua");
pub(super) static RESOLVE: Script = script!("clock.lua", "wheel.lua", "resolve.lua");
pub(super) static CLAIM: Script = script!("clock.lua", "claim.lua");
pub(super) static RELEASE: Script = script!("release.lua");
pub(super) static PUT_TOKEN: Script = script!("put_token.lua");
pub(super) static PROBE: Script = script!("probe.lua");

impl Script {
    /// A call by name, its arguments still to come.
    pub(super) fn on<const N: usize>(&self, keys: &Keys, names: [Key; N]) -> Cmd {
        self.with(&names.map(|name| keys.name(name)), 304)
    }

    pub(super) fn on_key(&self, key: String) -> Cmd {
        self.with(&[key], 48)
    }

    /// The call of a commit, with the arguments that it has under any layout.
    pub(super) fn commit<const N: usize>(
        &self,
        keys: &Keys,
        names: [Key; N],
        commit: &CommitRequest<'_>,
        retention: u64,
    ) -> Cmd {
        let bytes = 1072
            + commit.record.data.len()
            + commit.reply.map_or(0, <[u8]>::len)
            + commit.precondition.as_bytes().len();
        let mut call = self.with(&names.map(|name| keys.name(name)), bytes);
        call.arg(commit.id.to_string())
            .arg(done::applied(commit.record.version, commit.reply));
        call.arg(millis(commit.ttl))
            .arg(retention)
            .arg(u8::from(commit.drop_token));
        call
    }

    /// With room for so many bytes beside the keys.
    fn with(&self, keys: &[String], bytes: usize) -> Cmd {
        let named: usize = keys.iter().map(String::len).sum();
        let mut call = command("EVALSHA", MOST_ARGS, named + bytes);
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
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, 1 << 45)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{five_keys, one_key};
    use super::*;
    use crate::id::{CommitId, Direction, UserId};
    use crate::session::{Record, Version};

    #[test]
    fn a_commit_is_built_in_one_piece() {
        use super::super::{keys::Layout, line::Unbegun, precondition::Ground};
        let keys = Layout::default().keys(&UserId::new("263771234567").unwrap());
        // A number that begins with zeros is written in two steps.
        let (id, tag): (CommitId, _) = ("f".repeat(32).parse().unwrap(), u128::MAX);
        let (state, reply) = ("x".repeat(5000), "x".repeat(3000));
        let record = Arc::new(Record {
            version: Version { revision: 1, tag },
            entered_by: id,
            format: 1,
            stage: "menu".into(),
            option: None,
            direction: Direction::Out,
            menu: None,
            data: state.into(),
        });
        let ground = Ground {
            began: None,
            parts: 0,
            text: &[b'x'; 2000],
        };
        let (precondition, line) = (ground.basis(), Unbegun::of(&record).unwrap());
        let (ttl, lifetime, deadline) = (
            Duration::from_secs(300),
            Duration::from_secs(3600),
            tokio::time::Instant::now(),
        );
        let reply = Some(reply.as_bytes());
        let commit = CommitRequest {
            id: &id,
            precondition: &precondition,
            record: &record,
            reply,
            drop_token: false,
            ttl,
            max_lifetime: lifetime,
            deadline,
        };
        let build = || five_keys::commit(&keys, &commit, &ground, &line, 1);
        build();
        let built = allocation_counter::measure(|| drop(build()));
        // The keys and the list of them, what is recorded, the line's two ends, and the call: a text and a list of its words.
        assert!(built.count_total <= 15, "{} allocations", built.count_total);
        assert!(built.bytes_total < 16_000, "{} bytes", built.bytes_total);
    }

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
        assert!(PUT_TOKEN.text.contains(&format!(
            "call('GETRANGE', KEYS[1], '0', '{}')",
            crate::store::StoredToken::MAX_LEN
        )));
    }

    #[test]
    fn a_duration_is_a_number_of_milliseconds_that_lua_can_hold() {
        assert_eq!(
            (millis(Duration::from_secs(300)), millis(Duration::ZERO)),
            (300_000, 1)
        );
        assert_eq!(millis(Duration::MAX), 35_184_372_088_832);
    }

    #[test]
    fn the_probe_runs_every_command_that_the_others_run() {
        let commands = |text: &str| -> std::collections::BTreeSet<String> {
            text.split("call('")
                .skip(1)
                .map(|rest| rest.split('\'').next().unwrap().to_owned())
                .collect()
        };
        let others: std::collections::BTreeSet<_> =
            [&FIVE_KEYS, &ONE_KEY, &RESOLVE, &PUT_TOKEN, &CLAIM, &RELEASE]
                .iter()
                .flat_map(|script| commands(script.text))
                .collect();
        assert_eq!(commands(PROBE.text), others);
    }
}
