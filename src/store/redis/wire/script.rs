//! The scripts. Their text is constant and data comes in KEYS and ARGV alone, so that a server
//! keeps one copy of each.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Cmd;

use super::keys::{Key, Keys};
use super::reply;
use crate::store::CommitRequest;

/// More than any script takes, its keys included.
const MAX_ARGS: usize = 48;

/// A script, and the SHA-1 by which a server knows it.
pub(crate) struct Script {
    pub(super) text: &'static str,
    sha1: LazyLock<String>,
}

/// The call of a script by its SHA-1, and the text for a server that does not know the script.
pub(crate) struct ScriptCall {
    pub(crate) by_hash: Cmd,
    pub(crate) text: &'static str,
}

/// The files of one script, one after the other.
macro_rules! script {
    ($($file:literal),+) => {{
        const TEXT: &str = concat!($(include_str!(concat!("lua/", $file))),+);
        let sha1 = || redis::Script::new(TEXT).get_hash().to_owned();
        Script { text: TEXT, sha1: LazyLock::new(sha1) }
    }};
}

pub(super) static FIVE_KEYS: Script = script!(
    "clock.lua",
    "may.lua",
    "record.lua",
    "plain.lua",
    "five_keys_check.lua",
    "five_keys_write.lua",
    "committed.lua"
);
pub(super) static ONE_KEY: Script = script!(
    "clock.lua",
    "may.lua",
    "record.lua",
    "plain.lua",
    "one_key_check.lua",
    "one_key_write.lua",
    "committed.lua"
);
/// The same with changes to the outbox.
pub(super) static FIVE_KEYS_BOT: Script = script!(
    "clock.lua",
    "may.lua",
    "record.lua",
    "outbox.lua",
    "five_keys_names.lua",
    "bot.lua",
    "five_keys_check.lua",
    "outbox_check.lua",
    "five_keys_write.lua",
    "five_keys_own.lua",
    "outbox_write.lua"
);
pub(super) static ONE_KEY_BOT: Script = script!(
    "clock.lua",
    "may.lua",
    "record.lua",
    "outbox.lua",
    "one_key_names.lua",
    "bot.lua",
    "one_key_check.lua",
    "outbox_check.lua",
    "one_key_write.lua",
    "one_key_own.lua",
    "outbox_write.lua"
);
pub(crate) static TAKE: Script = script!("clock.lua", "may.lua", "outbox.lua", "take.lua");
pub(crate) static SETTLE: Script = script!(
    "may.lua",
    "settle_fast.lua",
    "clock.lua",
    "outbox.lua",
    "settle.lua"
);
pub(crate) static SHOW: Script = script!("clock.lua", "may.lua", "outbox.lua", "show.lua");
pub(crate) static WHEN: Script = script!("clock.lua", "may.lua", "outbox.lua", "when.lua");
pub(crate) static HINT: Script = script!("clock.lua", "may.lua", "hint.lua");
pub(crate) static CORRECT: Script = script!("clock.lua", "may.lua", "correct.lua");
pub(crate) static DUE: Script = script!("clock.lua", "may.lua", "due.lua");
pub(crate) static RESOLVE: Script = script!("clock.lua", "may.lua", "record.lua", "resolve.lua");
pub(crate) static REMOVE: Script = script!("clock.lua", "may.lua", "outbox.lua", "remove.lua");
pub(crate) static ACQUIRE_LEASE: Script = script!("clock.lua", "acquire_lease.lua");
pub(crate) static RELEASE_LEASE: Script = script!("release_lease.lua");
pub(crate) static PUT_TOKEN: Script = script!("put_token.lua");
pub(crate) static PROBE: Script = script!("probe.lua");
pub(crate) static OUTBOX_PROBE: Script = script!("outbox_probe.lua");

impl Script {
    /// A call whose arguments follow.
    pub(crate) fn on<const N: usize>(&self, keys: &Keys, names: [Key; N]) -> ScriptCall {
        self.call(&names.map(|name| keys.name(name)), 304)
    }

    /// A call on the key that all keys of the user begin with.
    pub(crate) fn on_id(&self, keys: &Keys) -> ScriptCall {
        self.call(&[keys.id().to_owned()], 48)
    }

    /// The call of a commit, with the arguments that it has under any layout. `more` are keys after
    /// those of the commit, and `bytes` is room for what follows.
    pub(super) fn commit<const N: usize>(
        &self,
        keys: &Keys,
        names: [Key; N],
        more: &[String],
        request: &CommitRequest<'_>,
        retention: u64,
        bytes: usize,
    ) -> ScriptCall {
        let bytes = bytes
            + 1072
            + request.record.data.len()
            + request.reply.map_or(0, <[u8]>::len)
            + request.precondition.as_bytes().len();
        let names = names.map(|name| keys.name(name));
        let mut call = match more {
            [] => self.call(&names, bytes),
            more => self.call(&[&names, more].concat(), bytes),
        };
        call.arg(request.id.to_string())
            .arg(reply::record(request.record.version, request.reply))
            .arg(milliseconds(request.ttl))
            .arg(retention)
            .arg(u8::from(request.drop_token));
        call
    }

    /// A call with room for so many bytes beside the keys: a command that grows while it is built
    /// costs more than the server needs for it.
    pub(super) fn call(&self, keys: &[String], bytes: usize) -> ScriptCall {
        let key_bytes: usize = keys.iter().map(String::len).sum();
        let mut by_hash = Cmd::with_capacity(1 + MAX_ARGS, "EVALSHA".len() + key_bytes + bytes);
        by_hash
            .arg("EVALSHA")
            .arg(&*self.sha1)
            .arg(keys.len())
            .arg(keys);
        ScriptCall {
            by_hash,
            text: self.text,
        }
    }
}

impl ScriptCall {
    pub(crate) fn arg(&mut self, arg: impl redis::ToRedisArgs) -> &mut Self {
        self.by_hash.arg(arg);
        self
    }
}

/// A duration as the scripts take it.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    // Beyond a thousand years, Lua's numbers would no longer be exact.
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, 1 << 45)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::StoredToken;
    use crate::store::redis::wire::version_line::{LOST, part};

    #[test]
    fn a_put_reads_as_much_of_a_token_as_a_load() {
        let max = StoredToken::MAX_LEN;
        let read = format!("call('GETRANGE', KEYS[1], '0', '{max}')");
        assert!(PUT_TOKEN.text.contains(&read));
    }

    #[test]
    fn scripts_read_no_record_that_is_too_long() {
        let limit = format!("if length > {} then", reply::MAX_RECORD);
        for script in [&FIVE_KEYS, &ONE_KEY, &RESOLVE] {
            assert!(script.text.contains(&limit), "{limit}");
        }
    }

    #[test]
    fn the_script_counts_parts_by_the_same_bits() {
        assert_eq!(
            [part::DATA, part::STAGE, part::OPTION, part::DIRECTION],
            [0, 1, 2, 3].map(|n| 1 << n),
        );
        let option = part::OPTION;
        for text in [
            "parts = parts + 2 ^ part".to_owned(),
            format!("parts = parts + {LOST}\n"),
            format!("parts % {} >= {option}\n", 2 * option),
        ] {
            assert!(FIVE_KEYS.text.contains(&text), "{text}");
        }
    }

    #[test]
    fn durations_are_milliseconds_that_lua_can_hold() {
        assert_eq!(milliseconds(Duration::from_secs(300)), 300_000);
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::MAX), 35_184_372_088_832);
    }

    #[test]
    fn the_probes_run_every_command_of_the_others() {
        let commands = |text: &str, before: &str| -> BTreeSet<String> {
            let calls = text.split(before).skip(1);
            calls
                .map(|rest| rest.split('\'').next().unwrap().to_owned())
                .collect()
        };
        let of = |scripts: &[&Script]| -> BTreeSet<String> {
            scripts
                .iter()
                .flat_map(|script| commands(script.text, "call('"))
                .collect()
        };
        let sessions = of(&[
            &FIVE_KEYS,
            &ONE_KEY,
            &RESOLVE,
            &PUT_TOKEN,
            &ACQUIRE_LEASE,
            &RELEASE_LEASE,
        ]);
        let outboxes = of(&[
            &FIVE_KEYS_BOT,
            &ONE_KEY_BOT,
            &TAKE,
            &SETTLE,
            &SHOW,
            &WHEN,
            &DUE,
            &HINT,
            &CORRECT,
            &REMOVE,
        ]);
        let probed = commands(PROBE.text, "call('");
        assert_eq!(&probed - &sessions, BTreeSet::from(["UNLINK".to_owned()]));
        assert_eq!(&sessions - &probed, BTreeSet::new());
        let probed_too = commands(OUTBOX_PROBE.text, "\n  { '");
        assert_eq!(&outboxes - &probed, probed_too);
    }
}
