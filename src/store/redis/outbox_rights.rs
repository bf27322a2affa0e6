//! The rights that outboxes alone need: a host without a bot connects without them.

use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::net::Request;
use super::store::RedisStore;
use super::wire::{OUTBOX_PROBE, outbox};
use crate::store::StoreError;

impl RedisStore {
    /// Asks again if one was missing, so that it can be granted while the host runs.
    ///
    /// # Errors
    /// Fails as `Denied`, with the names of the commands, if one is missing.
    pub(super) async fn check_outbox_rights(&self, deadline: Instant) -> Result<(), StoreError> {
        match self.has_outbox_rights.load(Ordering::Relaxed) {
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
        self.has_outbox_rights
            .store(missing.is_empty(), Ordering::Relaxed);
        if missing.is_empty() {
            return Ok(());
        }
        let rights = missing.join(" +");
        let what = format!("the user lacks rights that a bot needs: grant +{rights}");
        Err(StoreError::denied(what))
    }
}
