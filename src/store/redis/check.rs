//! What is asked of a server before the first session is: is it new enough, does it keep what it is given, may we run scripts?

use redis::Value;
use tokio::time::Instant;

use super::RedisStore;
use super::call::Request;
use super::keys::Key;
use super::script::COMMIT;
use crate::UserId;
use crate::store::StoreError;

/// `PXAT`, by which all keys of a session expire at once, came with 6.2.
const OLDEST: (u32, u32) = (6, 2);

/// Writes nothing.
pub(super) async fn server(store: &RedisStore, deadline: Instant) -> Result<(), StoreError> {
    let info = match store.ask(&Request::Command(redis::cmd("INFO")), deadline).await {
        Ok(info) => redis::from_redis_value::<String>(info).unwrap_or_default(),
        Err(StoreError::Denied { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    // The scripts may run whatever the server says of itself, so they have the first word.
    scripts(store, deadline).await?;
    match field(&info, "redis_version").map(|version| (version, parse(version))) {
        Some((version, Some(parsed))) if parsed < OLDEST => {
            let what = format!("it is Redis {version}, and 6.2 is the oldest that will do");
            return Err(StoreError::Misconfigured { what: what.into(), source: None });
        }
        Some((_, Some(_))) => {}
        _ => tracing::warn!("Redis does not say its version: it must be 6.2 or later"),
    }
    match field(&info, "maxmemory_policy") {
        Some("noeviction") => {}
        Some(policy) => tracing::warn!(policy, "Redis may evict parts of live sessions: set maxmemory-policy to noeviction"),
        None => tracing::warn!("Redis does not say its maxmemory-policy: it should be noeviction"),
    }
    Ok(())
}

/// Runs the commit on a basis that no session has: it reads all that a commit reads, refuses, and the server knows it from now on.
async fn scripts(store: &RedisStore, deadline: Instant) -> Result<(), StoreError> {
    let Ok(nobody) = UserId::new("-") else { return Ok(()) };
    let mut probe = COMMIT.on(&store.keys(&nobody), Key::COMMITTED);
    probe.arg("").arg("").arg(u8::MAX).arg(vec![""; 12]);
    match store.ask(&Request::Script(&COMMIT, probe), deadline).await? {
        Value::Array(_) => Ok(()),
        _ => Err(StoreError::Misconfigured { what: "its scripts do not work as those of Redis".into(), source: None }),
    }
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}
