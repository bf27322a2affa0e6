//! What is asked of a server before the first session is: is it new enough, does it keep what it is given, may we do all that we do?

use redis::Value;
use tokio::time::Instant;

use super::RedisStore;
use super::call::Request;
use super::fault::Fault;
use super::keys::Keys;
use super::script::PROBE;
use crate::error::StoreError;
use crate::id::CommitId;

/// The oldest that the tests run on.
const OLDEST: (u32, u32) = (6, 2);

/// Leaves nothing behind.
pub(super) async fn server(store: &RedisStore, deadline: Instant) -> Result<(), StoreError> {
    let key = store.settings.layout.probe();
    let info = match store
        .ask(&key, &Request::Command(redis::cmd("INFO")), deadline)
        .await
    {
        Ok(info) => redis::from_redis_value::<String>(info).unwrap_or_default(),
        Err(StoreError::Denied { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    if field(&info, "cluster_enabled") == Some("1") && !store.servers.are_a_cluster() {
        return Err(Fault::CLUSTER.into());
    }
    // All may work whatever the server says of itself, so that has the first word.
    rights(store, &key, deadline).await?;
    match field(&info, "redis_version").map(|version| (version, parse(version))) {
        Some((version, Some(parsed))) if parsed < OLDEST => {
            let what = format!("it is Redis {version}, and 6.2 is the oldest that will do");
            return Err(StoreError::Misconfigured {
                what: what.into(),
                source: None,
            });
        }
        Some((_, Some(_))) => {}
        _ => tracing::warn!("Redis does not say its version: it must be 6.2 or later"),
    }
    match field(&info, "maxmemory_policy") {
        Some("noeviction") => {}
        Some(policy) => tracing::warn!(
            policy,
            "Redis may evict parts of live sessions: set maxmemory-policy to noeviction"
        ),
        None => tracing::warn!("Redis does not say its maxmemory-policy: it should be noeviction"),
    }
    Ok(())
}

/// Sends all that a store ever sends: the probe in full and by its name, and the reads of a load. A server that is full now may have
/// room later.
async fn rights(store: &RedisStore, key: &Keys, deadline: Instant) -> Result<(), StoreError> {
    let probe = PROBE.on_key(key.id().to_owned());
    let reads = store
        .settings
        .layout
        .keys
        .reads(key, Some(&CommitId::random()));
    let asked = [
        Request::Command(PROBE.in_full(&probe)),
        Request::Script(&PROBE, probe),
        Request::Transaction(reads),
    ];
    let mut full = None;
    for request in &asked {
        match store.ask(key, request, deadline).await {
            Ok(Value::Int(_) | Value::Array(_)) => {}
            Ok(_) => {
                let what = "its scripts and transactions do not work as those of Redis";
                return Err(StoreError::Misconfigured {
                    what: what.into(),
                    source: None,
                });
            }
            Err(refused @ StoreError::OverCapacity { .. }) => full = Some(refused),
            Err(error) => return Err(error),
        }
    }
    if let Some(full) = full {
        tracing::warn!(%full, "Redis takes no writes now");
    }
    Ok(())
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_of_itself_is_found_by_its_whole_name() {
        let info = "# Server\r\nredis_version:7.2.4\r\nredis_mode:standalone\r\nmaxmemory_policy_x:a\r\nmaxmemory_policy:b\r\n";
        assert_eq!(
            (
                field(info, "redis_version"),
                field(info, "maxmemory_policy")
            ),
            (Some("7.2.4"), Some("b"))
        );
        assert_eq!((field(info, "redis"), field(info, "version")), (None, None));
    }

    #[test]
    fn a_version_is_two_numbers_at_least() {
        assert_eq!(
            (parse("7.2.4"), parse("6.2"), parse("10.0.1-rc1")),
            (Some((7, 2)), Some((6, 2)), Some((10, 0)))
        );
        assert_eq!(
            (parse("7"), parse("unstable"), parse("7.x")),
            (None, None, None)
        );
        assert!(
            parse("6.0.16") < Some(OLDEST)
                && parse("6.2.0") == Some(OLDEST)
                && parse("10.0") > Some(OLDEST)
        );
    }
}
