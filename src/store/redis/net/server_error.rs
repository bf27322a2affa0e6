//! What an error reply means: of a server, or of a proxy before it.
//!
//! A text that is not known leaves open whether the request was carried out: a proxy may have
//! forwarded it before it failed.

use std::borrow::Cow;

use redis::{ServerError, ServerErrorKind};

use super::failure::{Failure, Retry};
use super::words::first_words;

pub(super) const WRONG_PASSWORD: Failure = Failure::denied("wrong user or password");
pub(super) const NO_COMMAND: Failure =
    Failure::misconfigured("the server lacks a command: renamed, disabled or too old");
pub(super) const NO_RESP3: Failure = Failure::misconfigured(
    "the server, or a proxy before it, speaks no RESP3: hand a RESP2 connection to connect_over, \
     or use Redis 6.2 or later",
);
const NO_RIGHT: Failure =
    Failure::denied("the user may not run a command or use a key that the store needs");
const PASSWORD_NEEDED: Failure = Failure::denied("the server asks for a password");

/// What an error reply means, of a request about this key.
pub(super) fn failure(error: &ServerError, key: &str) -> Failure {
    let text = text(error);
    let inner = inner(&text);
    if let Some(known) = of_code(error).or_else(|| of_code(&parsed(inner?)?)) {
        return known;
    }
    let text = inner.unwrap_or(&text);
    let failure = of_text(text).unwrap_or(Failure::unknown_reply());
    match first_words(text, key) {
        "" => failure,
        words => failure.with_detail("it says", &words),
    }
}

/// The text without the code `ERR`, which says nothing. A proxy may give none: then the client
/// takes the first word for it.
fn text(error: &ServerError) -> Cow<'_, str> {
    let details = error.details().unwrap_or_default();
    match error.code().trim_end_matches(':') {
        "ERR" => details.into(),
        code => format!("{code} {details}").into(),
    }
}

fn of_code(error: &ServerError) -> Option<Failure> {
    let Some(kind) = error.kind() else {
        return of_unnamed_code(error.code());
    };
    let unavailable = Failure::unavailable;
    Some(match kind {
        ServerErrorKind::ReadOnly => {
            unavailable(Retry::Reconnect, "the server is a read-only replica")
        }
        ServerErrorKind::BusyLoading => unavailable(Retry::Later, "the server is loading its data"),
        ServerErrorKind::MasterDown => unavailable(Retry::Later, "the replica lost its master"),
        ServerErrorKind::ClusterDown => unavailable(Retry::Later, "the cluster is down"),
        ServerErrorKind::TryAgain | ServerErrorKind::Ask => {
            unavailable(Retry::Later, "the cluster is moving the keys")
        }
        // In a cluster, MOVED is followed if it can be read.
        ServerErrorKind::Moved | ServerErrorKind::CrossSlot => Failure::misconfigured(
            "another node of the cluster has the keys: use connect_cluster, and let all nodes \
             announce an address",
        ),
        ServerErrorKind::NoPerm => NO_RIGHT,
        ServerErrorKind::NoScript => Failure::misconfigured("the server forgets a script at once"),
        _ => return None,
    })
}

/// The codes that the client has no kind for.
fn of_unnamed_code(code: &str) -> Option<Failure> {
    Some(match code {
        "OOM" => Failure::over_capacity("out of memory, and nothing may be evicted"),
        "MISCONF" => Failure::over_capacity("cannot save to disk, so refuses writes"),
        "NOREPLICAS" => Failure::over_capacity("too few replicas are connected"),
        "BUSY" => Failure::unavailable(Retry::Later, "the server is busy with a script"),
        "NOAUTH" => PASSWORD_NEEDED,
        "WRONGPASS" => WRONG_PASSWORD,
        "WRONGTYPE" => Failure::corrupt("a key of the user has another type"),
        "NOPROTO" => NO_RESP3,
        "DENIED" => Failure::denied(
            "the server is in protected mode: give its user a password, or let it listen to others",
        ),
        _ => return None,
    })
}

/// The error inside the error of a transaction or of a script. Up to 6.2, a script's errors read
/// `Error running script (call to f_…): @user_script:1: @user_script: 1: -OOM command …`.
fn inner(text: &str) -> Option<&str> {
    if let Some(inner) = text.strip_prefix("EXECABORT Transaction discarded because of: ") {
        return Some(inner);
    }
    let (_, inner) = text.rsplit_once("@user_script:")?;
    let (_line, inner) = inner.split_once(": ")?;
    Some(inner.trim_start_matches('-'))
}

fn parsed(text: &str) -> Option<ServerError> {
    let reply = redis::parse_redis_value(format!("-{text}\r\n").as_bytes()).ok()?;
    ServerError::try_from(reply.extract_error().err()?).ok()
}

/// The beginning, in lower case. What follows a quote or a bracket is of the request, which some
/// providers repeat as a whole.
fn beginning(text: &str) -> String {
    let quotes = ["\"", "`", " '", "[", "{"];
    let end = quotes.iter().filter_map(|quote| text.find(quote)).min();
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    text.chars()
        .take(120)
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Errors that are told by their texts alone. Each is a refusal: nothing was carried out.
fn of_text(text: &str) -> Option<Failure> {
    let text = beginning(text);
    let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
    // A limit on time may end a script half-way.
    if has(&["timeout", "timed out", "time limit", "deadline"]) {
        return None;
    }
    // A right that is missing inside a script, as worded before and since 7.2.
    if has(&[
        "the user executing the script can't",
        "acl failure in script",
    ]) || has(&["no permission", "not permitted to", "permission denied"])
    {
        return Some(NO_RIGHT);
    }
    if has(&["authentication required", "operation not permitted"]) {
        return Some(PASSWORD_NEEDED);
    }
    if has(&["invalid password"]) {
        return Some(WRONG_PASSWORD);
    }
    if has(&["without any password configured", "no password is set"]) {
        return Some(Failure::denied(
            "the server has no password: leave user and password out of the URL",
        ));
    }
    if has(&["clients", "connections", "connection limit"]) && has(&["max", "many", "limit"]) {
        return Some(Failure::unavailable(
            Retry::Reconnect,
            "maxclients reached, or another limit on connections",
        ));
    }
    if has(&[
        "exceed",
        "quota",
        "rate limit",
        "too many requests",
        "throttle",
    ]) {
        return Some(Failure::over_capacity(
            "a limit of the server or its provider",
        ));
    }
    if has(&["no upstream host", "not ready", "starting up"]) {
        return Some(Failure::unavailable(
            Retry::Later,
            "the server cannot serve now",
        ));
    }
    if has(&[
        "unknown command",
        "unknown subcommand",
        "unsupported command",
    ]) || has(&[
        "command not supported",
        "command is not supported",
        "disabled command",
    ]) || has(&["command is disabled", "command is not available"])
    {
        return Some(NO_COMMAND);
    }
    None
}

/// A SELECT that was refused.
pub(super) fn of_select(error: &ServerError) -> Failure {
    let text = text(error).to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
    if has(&["noperm", "no permission"]) {
        return Failure::denied("the user may not run SELECT: use database 0, or grant it");
    }
    if has(&["db index", "out of range", "cluster mode"]) {
        return Failure::misconfigured("no database of this number (a cluster has only 0)");
    }
    failure(error, "")
}

#[cfg(test)]
mod tests;
