//! Commits that go wrong.

use std::ops::Range;
use std::sync::Arc;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{CommitOutcome, CommitRequest, CommitStatus, Session, TokenStore};
use vimbiso_state::{CommitId, Direction, StateStore, StoreError, UserId};

use super::flaw::Flaw;
use super::flawed::{Flawed, LONG, soon, unavailable};
use super::tokens::put_any;

impl Flawed {
    pub async fn flawed_commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let late = self.flaw == Flaw::UnavailableButApplied && Instant::now() >= request.deadline;
        if self.is_silent() || late {
            if late || self.flaw == Flaw::SilentButApplied {
                let _ = self.right_commit(user, request).await?;
                return Err(unavailable());
            }
            let source = self.wait(request.deadline).await;
            return Err(StoreError::unknown(*request.id).with_source(source));
        }
        let outcome = loop {
            let answer = match self.other_answer(user, &request).await? {
                Some(outcome) => Ok(outcome),
                None => self.altered_commit(user, request.clone()).await,
            };
            match answer {
                Err(StoreError::OverCapacity { .. })
                    if self.flaw == Flaw::Evicts && self.evict_another(user).await? => {}
                answer => break answer?,
            }
        };
        self.altered_outcome(user, &request, outcome).await
    }

    /// The same commit, with something wrong about it.
    async fn altered_commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let now = self.right_load(user, Some(request.id)).await?;
        let instant = Instant::now();
        let mut record = Record::clone(request.record);
        let mut precondition = request.precondition.clone();
        let mut id = *request.id;
        let mut ttl = request.ttl;
        let mut max_lifetime = request.max_lifetime;
        let is_new = now.commit_status.is_none();
        // The memory store's precondition is a revision of 8 bytes, a tag of 16, and a byte that
        // says whether the session is live.
        let same = |range: Range<usize>| {
            request.precondition.as_bytes().get(range.clone())
                == now.precondition.as_bytes().get(range)
        };
        match self.flaw {
            Flaw::LosesDirection => record.direction = Direction::Out,
            Flaw::CutsLongData if record.data.len() > 64_000 => {
                record.data = record.data[..64_000].into()
            }
            Flaw::KeepsTheOption => {
                if let Session::Live(last) = &now.session {
                    record.option = record.option.or_else(|| last.option.clone());
                }
            }
            Flaw::LastWriteWins => precondition = now.precondition,
            Flaw::IgnoresTheExpiry if same(0..24) => precondition = now.precondition,
            Flaw::NewMatchesAll if precondition.as_bytes().is_empty() => {
                precondition = now.precondition
            }
            Flaw::ComparesRevisions if same(0..8) && same(24..25) => {
                precondition = now.precondition
            }
            Flaw::ChecksThenWrites if is_new && now.precondition == precondition => {
                yield_now().await;
                precondition = self.right_load(user, None).await?.precondition;
                id = CommitId::random();
            }
            Flaw::LosesCommitIds => id = CommitId::random(),
            Flaw::CommitIdsEndWithTheSession if matches!(now.session, Session::Expired(_)) => {
                id = CommitId::random()
            }
            Flaw::RingOfCommitIds => {
                let known = self.keep(user, |kept| {
                    let known = kept.ids.contains(&id);
                    kept.ids.push_back(id);
                    kept.ids.drain(..kept.ids.len().saturating_sub(32));
                    known
                });
                if !known && !is_new {
                    id = CommitId::random();
                }
            }
            Flaw::RepeatRevives if matches!(now.session, Session::Expired(_)) && !is_new => {
                id = CommitId::random();
                precondition = now.precondition;
            }
            Flaw::CommitNeverProlongs => {
                let live = matches!(now.session, Session::Live(_));
                let expiry = self.keep(user, |kept| match kept.first_expiry {
                    Some(expiry) if live => expiry,
                    _ => *kept.first_expiry.insert(instant + ttl),
                });
                ttl = expiry - instant;
            }
            Flaw::EndlessSession => max_lifetime = LONG * 60,
            Flaw::FirstLifetimeCounts => {
                let first = self.keep(user, |kept| *kept.first_commit.get_or_insert(instant));
                max_lifetime = max_lifetime.saturating_sub(instant - first);
            }
            _ => {}
        }
        let altered = CommitRequest {
            id: &id,
            precondition: &precondition,
            record: &Arc::new(record),
            reply: request.reply.filter(|_| self.flaw != Flaw::LosesReplies),
            drop_token: request.drop_token || self.flaw == Flaw::CommitDropsToken,
            ttl,
            max_lifetime,
            ..request
        };
        self.right_commit(user, altered).await
    }

    /// An answer without a commit, or a commit in two steps.
    async fn other_answer(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
    ) -> Result<Option<CommitOutcome>, StoreError> {
        let now = self.right_load(user, Some(request.id)).await?;
        let matches = now.precondition == *request.precondition;
        let applies = matches && now.commit_status.is_none();
        Ok(Some(match (self.flaw, &now.session, &now.commit_status) {
            (Flaw::RefusesTheCorrupt, Session::Corrupt { .. }, None) => {
                CommitOutcome::Conflict(now)
            }
            (Flaw::RefusesTheExpired, Session::Expired(_), None) => CommitOutcome::Conflict(now),
            (Flaw::ComparesFirst, ..) if !matches => CommitOutcome::Conflict(now),
            (Flaw::RepeatIsDuplicate, _, Some(CommitStatus::Applied { version, reply })) => {
                CommitOutcome::Duplicate {
                    version: *version,
                    reply: reply.clone(),
                    current: now,
                }
            }
            (Flaw::WritesInTwoSteps, Session::Live(last), _) if applies => {
                let half = Record {
                    version: Version::after(Some(last.version)),
                    data: last.data.clone(),
                    ..Record::clone(request.record)
                };
                self.commit_after(half, user, request).await?
            }
            (Flaw::RecordsLater, ..) if applies => {
                let whole = Record::clone(request.record);
                self.commit_after(whole, user, request).await?
            }
            _ => return Ok(None),
        }))
    }

    /// Writes a record without the commit id, and then sends the whole commit.
    async fn commit_after(
        &self,
        first: Record,
        user: &UserId,
        request: &CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let first = CommitRequest {
            id: &CommitId::random(),
            record: &Arc::new(first),
            ..request.clone()
        };
        let outcome = self.right_commit(user, first).await?;
        let CommitOutcome::Applied(Some(precondition)) = outcome else {
            return Err(unavailable());
        };
        yield_now().await;
        let whole = CommitRequest {
            precondition: &precondition,
            ..request.clone()
        };
        self.right_commit(user, whole).await
    }

    /// What a commit does afterwards, and another outcome than its own.
    async fn altered_outcome(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        outcome: CommitOutcome,
    ) -> Result<CommitOutcome, StoreError> {
        self.keep(user, |kept| {
            kept.last = Some(Arc::clone(request.record));
            kept.expires = Some(Instant::now() + request.ttl);
            if self.flaw == Flaw::KeepsCommitIds {
                kept.ids.push_back(*request.id);
            }
        });
        match (self.flaw, &outcome) {
            (Flaw::ConflictDropsToken, CommitOutcome::Conflict(_)) if request.drop_token => {
                let _ = self.store.put_token(user, put_any(None)).await?;
            }
            (Flaw::ConflictProlongs, CommitOutcome::Conflict(_)) => self.prolong(user).await?,
            (Flaw::ReturnsTheOldPrecondition, CommitOutcome::Applied(Some(_))) => {
                let old = request.precondition.clone();
                return Ok(CommitOutcome::Applied(Some(old)));
            }
            (Flaw::RepeatReturnsAPrecondition, CommitOutcome::Applied(None)) => {
                let now = self.right_load(user, None).await?;
                return Ok(CommitOutcome::Applied(Some(now.precondition)));
            }
            _ => {}
        }
        Ok(outcome)
    }

    /// Deletes another user, to make room. Each user once: a store that evicts without end would
    /// never be full.
    async fn evict_another(&self, user: &UserId) -> Result<bool, StoreError> {
        let other = std::mem::take(&mut *self.kept.lock().unwrap())
            .into_keys()
            .find(|other| other != user);
        match other {
            Some(other) => self.store.delete(&other, soon()).await.map(|()| true),
            None => Ok(false),
        }
    }
}
