//! The back-stop of the index: now and then it is compared with the outboxes, and who is missing is
//! put back. So work and wake-ups are found again after a part of the index was lost, by an
//! eviction or a failover to a replica that lacked it.
//!
//! It is done by the processes that ask who is due, a little with each question: one `SCAN`, and a
//! look at each outbox that it names. A key with an expiry, beside the index, sees to it that one
//! process does it and the others do not.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use redis::Value;
use tokio::time::Instant;

use super::due::missing;
use super::index_check::{Scan, Step};
use super::net::Request;
use super::store::RedisStore;
use super::wire::outbox::Correction;
use super::wire::{ReplyError, milliseconds};
use crate::id::UserId;
use crate::store::StoreError;

/// About how many keys one step goes through.
const KEYS: usize = 1024;

impl RedisStore {
    /// Does one step of the comparison, if it is time for one. Its failures are logged.
    pub(super) async fn check_index(&self, deadline: Instant) {
        let check = &self.index_check;
        let Some(step) = check.next_step() else {
            return;
        };
        let done = match &step {
            Step::Begin => self.begin_check(deadline).await,
            Step::Scan(scan) => self.check_some(scan, deadline).await,
        };
        if let Err(error) = done {
            check.failed(&step, &error);
        }
    }

    /// Begins, unless this or another process did so less than the interval ago.
    async fn begin_check(&self, deadline: Instant) -> Result<(), StoreError> {
        let key = self.settings.naming.index_check();
        let mut set = redis::cmd("SET");
        set.arg(&key).arg("1").arg("NX").arg("PX");
        set.arg(milliseconds(self.settings.index_check));
        let begun = Request::command(set);
        let begun = self.endpoints.call(&key, &begun, deadline).await?;
        if begun.value == Value::Nil {
            return Ok(());
        }
        let masters = match self
            .endpoints
            .masters(deadline)
            .await
            .map_err(StoreError::from)
        {
            Err(error @ StoreError::Denied { .. }) => {
                tracing::warn!(
                    %error,
                    "Only the nodes that this process knows are compared with the index: grant \
                     +cluster|slots"
                );
                self.endpoints.known_masters()
            }
            masters => masters?,
        };
        self.index_check.begin(masters);
        Ok(())
    }

    /// Looks at the next outboxes of a node, and puts those into the index that are missing.
    async fn check_some(&self, part: &Scan, deadline: Instant) -> Result<(), StoreError> {
        let naming = &self.settings.naming;
        let mut scan = redis::cmd("SCAN");
        scan.arg(part.cursor).arg("MATCH");
        scan.arg(naming.outbox_pattern()).arg("COUNT").arg(KEYS);
        let value = self
            .endpoints
            .call_at(&part.node, &Request::command(scan), deadline)
            .await?;
        let (next, keys): (u64, Vec<Vec<u8>>) =
            redis::from_redis_value(value).map_err(|_| ReplyError::Unexpected)?;
        let users: Vec<_> = keys
            .iter()
            .filter_map(|key| naming.user_of_outbox(key))
            .collect();
        let times = join_all(users.iter().map(|user| self.when(user, deadline))).await;
        let mut entries: BTreeMap<String, Vec<Correction>> = BTreeMap::new();
        for (user, times) in users.iter().zip(times) {
            match times {
                Ok(times) => entries
                    .entry(self.index_of(user))
                    .or_default()
                    .extend(entries_of(user, times)),
                // What this release cannot read, another one puts into the index.
                Err(StoreError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let corrections = entries
            .iter()
            .map(|(index, entries)| self.correct(index, entries, deadline));
        let missing = join_all(corrections)
            .await
            .into_iter()
            .sum::<Result<i64, _>>()?;
        if missing > 0 {
            tracing::info!(
                missing,
                "Entries were put back into the index of those who are due"
            );
        }
        self.index_check.done(part, next);
        Ok(())
    }
}

fn entries_of(user: &UserId, [work, wake_up, _now]: [i64; 3]) -> impl Iterator<Item = Correction> {
    [('w', work), ('r', wake_up)]
        .into_iter()
        .filter(|(_, time)| *time > 0)
        .map(|(kind, time)| missing(kind, user, time))
}
