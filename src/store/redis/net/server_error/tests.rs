//! Error replies: what they mean, and what is shown of them.

use redis::RedisError;

use super::*;
use crate::store::StoreError;

/// Each line: an error reply, how the request is retried, and what the error says.
const REFUSALS: &str = "\
OOM command not allowed when used memory > 'maxmemory'. | Never | full: out of memory
MISCONF Errors writing to the AOF file | Never | full: cannot save
NOREPLICAS Not enough good replicas to write. | Never | full: too few replicas
READONLY You can't write against a replica. | Reconnect | unavailable: the server is a read-only
LOADING Redis is loading the dataset in memory | Later | unavailable: the server is loading
BUSY Redis is busy running a script. | Later | unavailable: the server is busy
MASTERDOWN Link with MASTER is down | Later | unavailable: the replica lost its master
CLUSTERDOWN The cluster is down | Later | unavailable: the cluster is down
TRYAGAIN Multiple keys request during rehashing of slot | Later | unavailable: the cluster is moving
MOVED 3999 127.0.0.1:6381 | Never | misconfigured: another node of the cluster
ASK 3999 127.0.0.1:6381 | Later | unavailable: the cluster is moving
CROSSSLOT Keys in request don't hash to the same slot | Never | misconfigured: another node
NOAUTH Authentication required. | Never | denies access: the server asks for a password
WRONGPASS invalid username-password pair | Never | denies access: wrong user or password
NOPERM this user has no permissions | Never | denies access: the user may not run a command
NOPROTO unsupported protocol version | Never | misconfigured: the server, or a proxy before it, spea
DENIED Redis is running in protected mode because | Never | denies access: the server is in pro
WRONGTYPE Operation against a key | Never | foreign value: a key of the user has another type
NOSCRIPT No matching script. | Never | misconfigured: the server forgets a script
ERR max number of clients reached | Reconnect | unavailable: maxclients
ERR unknown command 'EVALSHA', with args beginning with: | Never | misconfigured: the server lacks
ERR unknown subcommand 'SETINFO'. Try CLIENT HELP. | Never | misconfigured: the server lacks
ERR The user executing the script can't run this command or subcommand | Never | denies access: the
ERR ACL failure in script: the user may not access one of the keys | Never | denies access: the user
EXECABORT Transaction discarded because of: NOPERM this user has no permissions | Never | denies
EXECABORT Transaction discarded because of: OOM command not allowed | Never | full: out of memory
ERR Error running script (call to f_0b): @user_script:1: @user_script: 1: -OOM x | Never | full: out
ERR Error running script (call to f_0b): @user_script:9: WRONGTYPE x | Never | foreign value
ERR Error running script (call to f_0b): @user_script:9: The user executing the script can't run th\
is command | Never | denies access: the user may not";

/// Of providers and proxies, as their users report them.
const OF_PROVIDERS: &str = "\
ERR max daily request limit exceeded. Limit: 10000, Usage: 10001. See https://x, command was: [\"ev\
al\",\"263771234567\"] | Never | full: a limit of the server or its provider; it says: max daily
ERR max requests limit exceeded. Limit: 500000, Usage: 500000. | Never | full: a limit
ERR max request size exceeded. Limit: 1048576 bytes | Never | full: a limit
ERR max monthly bandwidth quota reached | Never | full: a limit
Err Rate Limit hit, retry | Never | full: a limit
ERR Too many requests | Never | full: a limit
ERR max concurrent connections limit exceeded | Reconnect | unavailable: maxclients reached, or
ERR Connection limit exceeded | Reconnect | unavailable: maxclients reached, or another limit
ERR too many clients | Reconnect | unavailable: maxclients reached, or another limit
Maximum number of open connections reached | Reconnect | it says: Maximum number of open
no upstream host | Later | unavailable: the server cannot serve now; it says: no upstream host
ERR DB is not ready | Later | unavailable: the server cannot serve now; it says: DB is not ready
unsupported command 'HELLO' | Never | misconfigured: the server lacks a command
ERR Unsupported command: eval | Never | misconfigured: the server lacks a command
ERR command is not supported by this instance | Never | misconfigured: the server lacks a command
ERR No permission to run this, ask your administrator | Never | it says: No permission to run this
ERR operation not permitted | Never | denies access: the server asks for a password
ERR invalid password | Never | denies access: wrong user or password
ERR Client sent AUTH, but no password is set | Never | denies access: the server has no password
ERR AUTH <password> called without any password configured | Never | denies access: the server has";

/// After which the request may have been carried out.
const OPEN: &str = "\
upstream failure | Later | unavailable: an error reply that is not known; it says: upstream failure
upstream protocol error | Later | it says: upstream protocol error
invalid request | Later | it says: invalid request
ERR syntax error | Later | it says: syntax error
ERR internal error | Later | it says: internal error
ERR Connection timed out | Later | it says: Connection timed out
ERR script execution time limit exceeded | Later | it says: script execution time limit exceeded
ERR deadline exceeded while forwarding | Later | it says: deadline exceeded while forwarding
ERR backend gone, command was: [\"eval\", \"limit exceeded\"] | Later | it says: backend gone
EXECABORT Transaction discarded because of previous errors. | Later | it says: EXECABORT Transaction
NEWCODE something new | Later | it says: NEWCODE something new
ERR 263771234567 | Later | unavailable: an error reply that is not known
ERR | Later | unavailable: an error reply that is not known";

/// Replies to a SELECT.
const SELECTS: &str = "\
NOPERM User bot has no permissions to run the 'select' command | Never | denies access: the user may
ERR DB index is out of range | Never | misconfigured: no database of this number
ERR invalid DB index | Never | misconfigured: no database of this number
ERR value is not an integer or out of range | Never | misconfigured: no database of this number
ERR SELECT is not allowed in cluster mode | Never | misconfigured: no database of this number
ERR unknown command 'SELECT' | Never | misconfigured: the server lacks a command
BUSY Redis is busy running a script. | Later | unavailable: the server is busy with a script
ERR something new | Later | it says: something new";

fn error(text: &str) -> RedisError {
    let reply = redis::parse_redis_value(format!("-{text}\r\n").as_bytes());
    reply.unwrap().extract_error().unwrap_err()
}

#[track_caller]
fn check(table: &str, is_open: bool, meaning: impl Fn(RedisError) -> Failure) {
    for line in table.lines() {
        let [text, retry, says] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let failure = meaning(error(text));
        assert_eq!(format!("{:?}", failure.retry), retry, "{line}");
        assert_eq!(failure.maybe_applied, is_open, "{line}");
        let error = StoreError::from(failure).to_string();
        assert!(error.contains(says), "{line}: {error}");
        assert!(!error.contains("2637712"), "{line}: {error}");
    }
}

#[test]
fn replies_are_sorted_by_what_to_do() {
    check(REFUSALS, false, Failure::from);
    check(OF_PROVIDERS, false, Failure::from);
}

#[test]
fn unknown_reply_leaves_the_outcome_open() {
    check(OPEN, true, Failure::from);
}

#[test]
fn refused_select_is_sorted_by_its_text() {
    let (of_others, unknown) = SELECTS.rsplit_once('\n').unwrap();
    check(of_others, false, Failure::selecting);
    check(unknown, true, Failure::selecting);
}

#[test]
fn refused_hello_names_connect_over() {
    for text in [
        "ERR unknown command 'HELLO'",
        "ERR unknown command `HELLO`, with args beginning with: `3`, ",
        "unsupported command 'HELLO'",
        "NOPROTO unsupported protocol version",
        "NOPROTO sorry, this protocol version is not supported",
    ] {
        let failure = Failure::greeting(error(text));
        assert!(failure.is_final(), "{text}");
        let error = StoreError::from(failure).to_string();
        assert!(error.contains("connect_over"), "{text}: {error}");
    }
}

#[test]
fn words_of_a_reply_show_no_part_of_the_key() {
    let failure = Failure::of_request(error("ERR the entry of Alice is locked"), "cafe:alice");
    let text = StoreError::from(failure).to_string();
    assert!(text.ends_with("it says: the entry of"), "{text}");
}
