//! What the store holds of the user, as the page shows it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use vimbiso_state::store::{Outbox, QueuedReply, StoredCall};
use vimbiso_state::{Choice as _, SessionStatus, Stage as _};
use vimbisopay::program::BoxError;
use vimbisopay::{CachedUser, Reply};

use super::events::milliseconds;
use super::{Demo, LEASE};

/// How long the page waits for the store.
const TIMEOUT: Duration = Duration::from_secs(2);

impl Demo {
    /// The session and the outbox. The same JSON as long as neither changes.
    pub(super) async fn state(&self) -> Result<Value, BoxError> {
        let user = self.manager.load(&self.user).await?;
        let outbox = match self.setup.store.outbox() {
            Some(outboxes) => outboxes.read(&self.user, Instant::now() + TIMEOUT).await?,
            None => Outbox::default(),
        };
        let inner = self.lock();
        let is_active = *user.status() == SessionStatus::Active;
        let expires_at = inner.expires_at.filter(|_| is_active).map(milliseconds);
        Ok(json!({
            "session": session(&user),
            "expires_at": expires_at,
            "ttl": self.setup.ttl.as_millis() as u64,
            "lease": LEASE.as_millis() as u64,
            "replies": outbox.replies.iter().map(reply).collect::<Vec<_>>(),
            "call": outbox.call.as_ref().map(call),
            "worker": inner.worker.number,
            "lease_ends_at": inner.lease_ends.map(milliseconds),
            "switches": inner.switches,
        }))
    }
}

fn session(user: &CachedUser) -> Value {
    let (stage, option) = match user.status() {
        // Of an expired session, the store still knows where it was.
        SessionStatus::Expired { stage, option, .. } => (stage.map(|at| at.name()), *option),
        SessionStatus::New => (None, None),
        _ => (Some(user.stage().name()), user.option()),
    };
    json!({
        "user": user.id().expose(),
        "status": user.status().name(),
        "stage": stage,
        "option": option.map(|option| option.name()),
        "direction": user.direction().name(),
        "menu": user.menu_shown(),
        "revision": user.version().map(|version| version.revision),
        "has_token": user.jwt_token().is_some(),
        "data": user.data(),
    })
}

fn reply(queued: &QueuedReply) -> Value {
    let text = serde_json::from_slice::<Reply>(&queued.body).map(|reply| reply.text);
    json!({
        "id": queued.id.to_string(),
        "attempt": queued.attempt,
        "in_doubt": queued.in_doubt,
        "is_outcome": queued.is_outcome,
        "text": text.unwrap_or_default(),
    })
}

fn call(call: &StoredCall) -> Value {
    // The bot stores more beside the call.
    let body = serde_json::from_slice::<Value>(&call.body).unwrap_or_default();
    json!({
        "key": call.key.to_string(),
        "attempt": call.attempt,
        "call": body.get("call"),
    })
}
