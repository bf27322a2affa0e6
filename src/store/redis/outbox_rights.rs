//! The rights that outboxes alone need: a host without a bot connects without them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use super::net::Request;
use super::store::RedisStore;
use super::wire::{OUTBOX_PROBE, outbox};
use crate::store::StoreError;

/// Whether the user had all of them when it was asked last.
#[derive(Default)]
pub(super) struct OutboxRights {
    are_there: AtomicBool,
}

impl OutboxRights {
    pub(super) fn are_there(&self) -> bool {
        self.are_there.load(Ordering::Relaxed)
    }
}

impl RedisStore {
    /// Asks again if one was missing, so that it can be granted while the host runs.
    ///
    /// # Errors
    /// Fails as `Denied`, with the names of the commands, if one is missing.
    pub(super) async fn check_outbox_rights(&self, deadline: Instant) -> Result<(), StoreError> {
        match self.outbox_rights.are_there() {
            true => Ok(()),
            false => self.probe_outbox_rights(deadline).await,
        }
    }

    pub(super) async fn probe_outbox_rights(&self, deadline: Instant) -> Result<(), StoreError> {
        let key = self.settings.naming.probe();
        let probe = OUTBOX_PROBE.on_id(&key);
        let request = Request::script(probe.by_hash, probe.text);
        let answer = self.endpoints.call(key.id(), &request, deadline).await?;
        let missing = outbox::names(answer.value)?;
        self.outbox_rights
            .are_there
            .store(missing.is_empty(), Ordering::Relaxed);
        if missing.is_empty() {
            return Ok(());
        }
        let rights = missing.join(" +");
        let what = format!("the user lacks rights that a bot needs: grant +{rights}");
        Err(StoreError::denied(what))
    }
}
