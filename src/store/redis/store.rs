//! The Redis store, and what a host should know of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::hints::Hints;
use super::index_check::IndexCheck;
use super::net::Endpoints;
use super::wire::{KeyLayout, KeyNaming, Layout};

/// Keeps sessions and tokens in Redis 6.2 or later, or Valkey, for any number of processes.
///
/// Keeps the whole contract of [`StateStore`](crate::StateStore#contract),
/// [`TokenStore`](crate::store::TokenStore#contract) and
/// [`OutboxStore`](crate::store::OutboxStore#contract). Every call is one round trip, but for the
/// load of a message that took effect before, which takes two; on a cluster, a commit of a bot may
/// take two, and the first call about a slot. `due` is one request if nothing is due, or sixteen at
/// once on a cluster; if something is, up to three round trips, or four on a cluster. A commit is
/// one script on the server, which writes everything or nothing.
///
/// A clone is another handle to the same connections. The store speaks RESP3 and needs a tokio
/// runtime; it may be called on any number of them. Set-up, rights, TLS, clusters and durability
/// are described in the guide's chapter on [Redis](crate::guide::redis).
///
/// # Examples
/// ```no_run
/// # async fn connect() -> Result<(), vimbiso_state::Error> {
/// use vimbiso_state::RedisStore;
///
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
///
/// # Keys
/// Each user has at most ten keys. `{id}` is the user id, after `namespace:` if there is a
/// [namespace](super::RedisStoreBuilder::namespace), and in literal braces on a cluster.
///
/// | key | value | expiry |
/// |---|---|---|
/// | `{id}` | the data, a JSON object | session |
/// | `{id}_stage` | name of the stage | session |
/// | `{id}_option` | name of the option; no key without one | session |
/// | `{id}_direction` | `IN` or `OUT` | session |
/// | `{id}_jwt_token` | the token, sealed if there is a vault | min(TTL, stated life or `exp`) |
/// | `{id}_jwt_claim` | refresh lease: holder, end (Unix ms), length (ms) | lease |
/// | `{id}_version` | the version line, see below | retention |
/// | `{id}_done_0`, `{id}_done_1` | commit id → version and stored reply | one to two retentions |
/// | `{id}_outbox` | replies to be sent, the call to be made, their leases | retention, renewed |
///
/// All session keys of one commit expire in the same millisecond. What has expired leaves the
/// version line, which is the tombstone. An outbox is there while something is in it, and only if a
/// [`Bot`](crate::bot::Bot) holds the conversation. `_wake`, after the namespace, is a sorted set
/// of the users for whom something is due; on a cluster, sixteen are: `{_wake_0}` to
/// `{_wake_15}`. A member is `w` for work or `r` for a wake-up, before the user id, and its score
/// the time, in Unix milliseconds, with half a millisecond more if a process has claimed the user
/// until then. `_wake_check` is there while these sets need not be
/// [compared](super::RedisStoreBuilder::index_check) with the outboxes. No other key is ever used,
/// and `delete` is one script.
///
/// The version line is eleven words of ASCII, separated by spaces, and twelve while a call is
/// pending:
///
/// 1. the form of the line, `1`, or `2` if a call is pending
/// 2. the flow, [`Flow::NAME`](crate::Flow::NAME)
/// 3. the revision of its version
/// 4. the tag of its version: 32 hexadecimal digits
/// 5. which session keys there are: the sum of 1 data, 2 stage, 4 option, 8 direction
/// 6. the start of the session, in Unix milliseconds
/// 7. the format of the data
/// 8. the stage
/// 9. the option, or `~`
/// 10. the commit id that entered this stage and option: 32 hexadecimal digits
/// 11. the question that is open, or `~`: `drinks~7f3a1c0b2d4e5f60~19ae62c6f40:coffee,tea,pay` is a
///     menu, its id, when it was asked, in Unix milliseconds as hexadecimal digits, and its
///     choices; `~7f3a1c0b2d4e5f60~19ae62c6f40` is a question without a menu
/// 12. the key of the pending call, with a `+` after it if an earlier session announced it
///
/// A session in Redis, its tag and commit id shortened:
///
/// ```text
/// 263771234567            {"drinks":["tea"]}
/// 263771234567_stage      counter
/// 263771234567_option     tea
/// 263771234567_direction  OUT
/// 263771234567_version    1 cafe 42 9f86…d015 15 1763863200000 1 counter tea 2c26…4134 ~
/// ```
///
/// The hashes hold `{version}`, `{version} {reply}` or `fenced` under a commit id. The id is in
/// `{id}_done_{n}` with n = ⌊Unix time ÷ retention⌋ mod 2, and looked up in both. The field without
/// a name holds the expiry of the hash, in Unix milliseconds; a field named for a number holds `1`,
/// and says that the hash lasts at least until then.
///
/// # Layouts
/// With [`KeyLayout::FiveKeys`], the default, other programs can read data, stage, option,
/// direction and token one by one. With [`KeyLayout::OneKey`], `{id}` holds the version line with
/// the direction, and below it the data; `_stage`, `_option` and `_direction` do not exist:
///
/// ```text
/// 263771234567   1 cafe 42 9f86…d015 15 1763863200000 1 counter tea 2c26…4134 ~ OUT
///                {"drinks":["tea"]}
/// ```
///
/// # Tests
/// A paused tokio clock and a real server do not work together, because every timeout is over at
/// once; see [the guide](crate::guide::testing).
///
/// # When Redis is in trouble
/// All calls on one tokio runtime share one connection, or one to each node of a cluster. Each
/// runtime has its own, because a connection does nothing while its runtime is not driven: so a
/// program that calls `block_on` on several runtimes by turns never waits for another one. A
/// connection is closed when its runtime ends. If more than 64 runtimes call, the one that was used
/// least recently is dropped.
///
/// A connection that is lost, or silent for the [response
/// timeout](super::RedisStoreBuilder::response_timeout), is made again, and requests without a
/// reply are sent again until the deadline. That does no harm, because a commit is known by its id.
/// A `delete`, the release of a lease, and a token put that expects anything or no token are sent
/// once, and fail if their connection is lost: a second copy could arrive late and overwrite what
/// was written meanwhile.
///
/// # What Redis keeps
/// A commit is written, replicated and lost as a whole, with its commit id; a session may come back
/// older than it was, but never mixed. What is lost in a crash depends on the server:
///
/// | setting | process killed | power fails | replica takes over |
/// |---|---|---|---|
/// | `appendfsync always` | nothing | nothing [^1] | what the replica had not received |
/// | `appendfsync everysec` | nothing | about the last second | the same |
/// | snapshots only | all since the last one | the same | the same |
/// | neither | everything | everything | the same |
///
/// [^1]: If the disk honours fsync. Both rows need `appendonly yes`.
///
/// If a commit is lost, its message takes effect again when it is delivered again. Set
/// `maxmemory-policy noeviction`: under another policy Redis may evict parts of live sessions, and
/// recorded commit ids. A session that has lost a part, or all its commit ids, is
/// [recovered](crate::SessionStatus::Recovered): it starts over, so that a message that is
/// delivered again does not find it where it left it. Until then no commit of that user can be
/// [resolved](crate::StateManager::resolve). If only one of the two hashes of commit ids is
/// evicted, nothing tells, and a message of that time may take effect twice.
///
/// All times are the server's. If its clock steps forward by more than the retention, every session
/// ends and is new, and no commit id is known any more. If it steps back, everything that is there
/// is kept for longer by as much.
#[derive(Clone)]
pub struct RedisStore {
    pub(super) endpoints: Arc<Endpoints>,
    pub(super) layout: &'static dyn Layout,
    pub(super) settings: Settings,
    pub(super) hints: Arc<Hints>,
    pub(super) index_check: Arc<IndexCheck>,
    /// Whether the user had the rights that outboxes need when it was asked last.
    pub(super) has_outbox_rights: Arc<AtomicBool>,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) naming: KeyNaming,
    pub(super) layout: KeyLayout,
    pub(super) retention: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) response_timeout: Duration,
    pub(super) index_check: Duration,
}

/// Shows the settings, and nothing of how the server is reached.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
