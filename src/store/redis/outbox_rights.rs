//! The rights that outboxes alone need: a host without a bot connects without them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use super::net::Request;
use super::store::RedisStore;
use super::wire::{OUTBOX_PROBE, outbox};
use crate::store::StoreError;

/// Whether the user lacked such a right when it was asked last.
#[derive(Default)]
pub(super) struct OutboxRights {
    are_missing: AtomicBool,
}

impl OutboxRights {
    pub(super) fn are_missing(&self) -> bool {
        self.are_missing.load(Ordering::Relaxed)
    }
}

impl RedisStore {
    /// Asks for them again if one was missing, so that they can be granted while the host runs.
    ///
    /// # Errors
    /// Fails as `Denied`, with the names of the commands, if one is missing.
    pub(super) async fn check_outbox_rights(&self, deadline: Instant) -> Result<(), StoreError> {
        match self.outbox_rights.are_missing() {
            true => self.probe_outbox_rights(deadline).await,
            false => Ok(()),
        }
    }

    pub(super) async fn probe_outbox_rights(&self, deadline: Instant) -> Result<(), StoreError> {
        let key = self.settings.naming.probe();
        let probe = OUTBOX_PROBE.on_id(&key);
        let request = Request::script(probe.by_hash, probe.text);
        let answer = self.endpoints.call(key.id(), &request, deadline).await?;
        let missing = outbox::names(answer.value)?;
        let are_missing = !missing.is_empty();
        self.outbox_rights
            .are_missing
            .store(are_missing, Ordering::Relaxed);
        if are_missing {
            let rights = missing.join(" +");
            let what = format!("the user lacks rights that a bot needs: grant +{rights}");
            return Err(StoreError::denied(what));
        }
        Ok(())
    }
}
