//! What a server is asked before the first session is: is it new enough, does it keep what it is
//! given, and may this user run everything that sessions need?

use redis::Value;
use tokio::time::Instant;

use super::net::{Failure, Request};
use super::store::RedisStore;
use super::wire::{Keys, PROBE};
use crate::id::CommitId;
use crate::store::StoreError;

/// The oldest version that the tests run on.
const OLDEST: (u32, u32) = (6, 2);

/// Checks the server, and leaves nothing behind.
pub(super) async fn check(store: &RedisStore, deadline: Instant) -> Result<(), StoreError> {
    let key = store.settings.naming.probe();
    let info = ask_info(store, &key, deadline).await;
    if let Ok(info) = &info
        && field(info, "cluster_enabled") == Some("1")
        && !store.endpoints.are_a_cluster()
    {
        return Err(Failure::CLUSTER_NODE.into());
    }
    // Before the version: if something does not work, that error says more.
    check_rights(store, &key, deadline).await?;
    let info = info.unwrap_or_else(|error| {
        tracing::warn!(%error, "Redis does not answer INFO");
        String::new()
    });
    let version = field(&info, "redis_version");
    match version.map(|version| (version, parse(version))) {
        Some((version, Some(parsed))) if parsed < OLDEST => {
            let what = format!("the server is Redis {version}: use 6.2 or later");
            return Err(StoreError::misconfigured(what));
        }
        Some((_, Some(_))) => {}
        _ => tracing::warn!("Redis does not tell its version: it must be 6.2 or later"),
    }
    // A host without a bot needs no outboxes. With one, the first call for them asks again.
    if let Err(error) = store.probe_outbox_rights(deadline).await {
        tracing::warn!(%error, "A bot cannot use this store now");
    }
    if store.settings.naming.namespace.is_none() {
        tracing::warn!(
            "Redis is used without a namespace: bots and environments, such as staging and \
             production, that share a database need one each"
        );
    }
    match field(&info, "maxmemory_policy") {
        Some("noeviction") => {}
        Some(policy) => tracing::warn!(
            policy,
            "Redis may evict parts of live sessions: set maxmemory-policy to noeviction"
        ),
        None => {
            tracing::warn!("Redis does not tell its maxmemory-policy: it should be noeviction")
        }
    }
    Ok(())
}

/// The reply to the only question that a store can do without. It is asked once, and for a part of
/// the time: if the server cannot be reached, the questions after it tell.
async fn ask_info(store: &RedisStore, key: &Keys, deadline: Instant) -> Result<String, StoreError> {
    let now = Instant::now();
    let part = now + deadline.saturating_duration_since(now) / 3;
    let info = Request::command(redis::cmd("INFO")).once();
    let info = ask(store, key, &info, part).await?;
    Ok(redis::from_redis_value(info).unwrap_or_default())
}

/// Sends the probe, by its text and by its hash, and the reads of a load. So each right is tried,
/// but `HGET` in the probe alone: a proxy that refuses it outside of a script is noticed by the
/// first duplicate.
///
/// A server that is full now may have room later, so that is only a warning.
async fn check_rights(store: &RedisStore, key: &Keys, deadline: Instant) -> Result<(), StoreError> {
    let probe = PROBE.on_id(key);
    let reads = store.layout.reads(key, Some(&CommitId::random()));
    let requests = [
        Request::script_in_full(&probe.by_hash, probe.text),
        Request::script(probe.by_hash, probe.text),
        Request::transaction(reads),
    ];
    let mut full = None;
    for request in &requests {
        match ask(store, key, request, deadline).await {
            Ok(Value::Int(_) | Value::Array(_)) => {}
            Ok(_) => {
                return Err(StoreError::misconfigured(
                    "scripts or transactions do not work like those of Redis",
                ));
            }
            Err(error @ StoreError::OverCapacity { .. }) => full = Some(error),
            Err(error) => return Err(error),
        }
    }
    if let Some(full) = full {
        tracing::warn!(%full, "Redis takes no writes now");
    }
    Ok(())
}

async fn ask(
    store: &RedisStore,
    key: &Keys,
    request: &Request,
    deadline: Instant,
) -> Result<Value, StoreError> {
    let answer = store.endpoints.call(key.id(), request, deadline).await?;
    Ok(answer.value)
}

/// A field of what `INFO` replies.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    let major = parts.next()?.ok()?;
    let minor = parts.next()?.ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let info = "# Server\r\nredis_version:7.2.4\r\nredis_mode:standalone\r\n\
                    maxmemory_policy_x:a\r\nmaxmemory_policy:b\r\n";
        assert_eq!(field(info, "redis_version"), Some("7.2.4"));
        assert_eq!(field(info, "maxmemory_policy"), Some("b"));
        assert_eq!(field(info, "redis"), None);
        assert_eq!(field(info, "version"), None);
    }

    #[test]
    fn a_version_has_at_least_two_numbers() {
        assert_eq!(parse("7.2.4"), Some((7, 2)));
        assert_eq!(parse("6.2"), Some((6, 2)));
        assert_eq!(parse("10.0.1-rc1"), Some((10, 0)));
        for none in ["7", "unstable", "7.x"] {
            assert_eq!(parse(none), None, "{none}");
        }
        assert!(parse("6.0.16") < Some(OLDEST));
        assert!(parse("6.2.0") == Some(OLDEST));
        assert!(parse("10.0") > Some(OLDEST));
    }
}
