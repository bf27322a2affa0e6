//! Commits with a flaw.

use std::sync::Arc;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{CommitOutcome, CommitRequest, CommitStatus, Session, TokenStore};
use vimbiso_state::{CommitId, Direction, StateStore, StoreError, UserId};

use super::flaws::Flaw;
use super::store::{Flawed, LONG, soon, unavailable};
use super::tokens::any;

impl Flawed {
    pub async fn flawed_commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let late = self.flaw == Flaw::UnavailableButApplied && Instant::now() >= request.deadline;
        if self.is_silent() || late {
            if late || self.flaw == Flaw::SilentButApplied {
                let _ = self.write(user, request.clone()).await?;
                return Err(unavailable());
            }
            let cause = self.no_answer(request.deadline).await;
            return Err(StoreError::unknown(*request.id).with_source(cause));
        }
        let outcome = loop {
            let answer = match self.replaced(user, &request).await? {
                Some(outcome) => Ok(outcome),
                None => self.altered(user, request.clone()).await,
            };
            match answer {
                Err(StoreError::OverCapacity { .. })
                    if self.flaw == Flaw::Evicts && self.evict(user).await? => {}
                answer => break answer?,
            }
        };
        self.afterwards(user, &request, outcome).await
    }

    /// Commits the request with a part of it changed.
    async fn altered(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let mut record = Record::clone(request.record);
        let current = self.loaded(user, Some(request.id)).await?;
        let mut precondition = request.precondition.clone();
        let mut id = *request.id;
        let mut ttl = request.ttl;
        let mut max_lifetime = request.max_lifetime;
        let now = Instant::now();
        // A version is a revision of eight bytes and a tag of sixteen; the last byte says whether
        // the session is alive.
        let same = |range: std::ops::Range<usize>| {
            request.precondition.as_bytes().get(range.clone())
                == current.precondition.as_bytes().get(range)
        };
        match self.flaw {
            Flaw::LosesDirection => record.direction = Direction::Out,
            Flaw::CutsLongData if record.data.len() > 64_000 => {
                record.data = record.data[..64_000].into()
            }
            Flaw::KeepsTheOption => {
                if let Session::Live(last) = &current.session {
                    record.option = record.option.or_else(|| last.option.clone());
                }
            }
            Flaw::LastWriteWins => precondition = current.precondition,
            Flaw::IgnoresTheExpiry if same(0..24) => precondition = current.precondition,
            Flaw::NothingMatchesAll if precondition.as_bytes().is_empty() => {
                precondition = current.precondition
            }
            Flaw::ComparesRevisions if same(0..8) && same(24..25) => {
                precondition = current.precondition
            }
            Flaw::ChecksThenWrites
                if current.commit_status.is_none() && current.precondition == precondition =>
            {
                yield_now().await;
                precondition = self.loaded(user, None).await?.precondition;
                id = CommitId::random();
            }
            Flaw::ForgetsIds => id = CommitId::random(),
            Flaw::IdsEndWithTheSession if matches!(current.session, Session::Expired(_)) => {
                id = CommitId::random()
            }
            Flaw::DeleteKeepsIds => self.keep(user, |kept| kept.ids.push_back(id)),
            Flaw::RingOfIds => {
                let known = self.keep(user, |kept| {
                    let known = kept.ids.contains(&id);
                    kept.ids.push_back(id);
                    kept.ids.drain(..kept.ids.len().saturating_sub(32));
                    known
                });
                if !known && current.commit_status.is_some() {
                    id = CommitId::random();
                }
            }
            Flaw::ResendRevives
                if matches!(current.session, Session::Expired(_))
                    && current.commit_status.is_some() =>
            {
                id = CommitId::random();
                precondition = current.precondition;
            }
            Flaw::NeverSlides => {
                let live = matches!(current.session, Session::Live(_));
                let expiry = self.keep(user, |kept| match kept.first_expiry {
                    Some(expiry) if live => expiry,
                    _ => *kept.first_expiry.insert(now + ttl),
                });
                ttl = expiry - now;
            }
            Flaw::EndlessLifetime => max_lifetime = LONG * 60,
            Flaw::FirstLifetimeCounts => {
                let first = self.keep(user, |kept| *kept.first_commit.get_or_insert(now));
                max_lifetime = max_lifetime.saturating_sub(now - first);
            }
            _ => {}
        }
        let altered = CommitRequest {
            id: &id,
            precondition: &precondition,
            record: &Arc::new(record),
            reply: request.reply.filter(|_| self.flaw != Flaw::ForgetsReplies),
            drop_token: request.drop_token || self.flaw == Flaw::CommitDropsToken,
            ttl,
            max_lifetime,
            ..request
        };
        self.write(user, altered).await
    }

    /// An answer without a commit, or a commit in steps, instead of the commit of the request.
    async fn replaced(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
    ) -> Result<Option<CommitOutcome>, StoreError> {
        let current = self.loaded(user, Some(request.id)).await?;
        let meets_precondition = current.precondition == *request.precondition;
        let fits = current.commit_status.is_none() && meets_precondition;
        Ok(Some(
            match (self.flaw, &current.session, &current.commit_status) {
                (Flaw::RefusesCorrupt, Session::Corrupt { .. }, None) => {
                    CommitOutcome::Conflict(current)
                }
                (Flaw::RefusesTheExpired, Session::Expired(_), None) => {
                    CommitOutcome::Conflict(current)
                }
                (Flaw::ComparesFirst, ..) if !meets_precondition => {
                    CommitOutcome::Conflict(current)
                }
                (Flaw::ResendIsDuplicate, _, Some(CommitStatus::Applied { version, reply })) => {
                    CommitOutcome::Duplicate {
                        version: *version,
                        reply: reply.clone(),
                        current,
                    }
                }
                (Flaw::WritesInTwoSteps, Session::Live(last), _) if fits => {
                    let version = Version::after(Some(last.version));
                    let half = Record {
                        version,
                        data: last.data.clone(),
                        ..Record::clone(request.record)
                    };
                    self.in_two_commits(user, request, half).await?
                }
                (Flaw::RecordsLater, ..) if fits => {
                    self.in_two_commits(user, request, Record::clone(request.record))
                        .await?
                }
                _ => return Ok(None),
            },
        ))
    }

    /// Writes a record with a commit id that no caller knows, and then the whole request.
    async fn in_two_commits(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        first: Record,
    ) -> Result<CommitOutcome, StoreError> {
        let first = CommitRequest {
            id: &CommitId::random(),
            record: &Arc::new(first),
            ..request.clone()
        };
        let CommitOutcome::Applied(Some(precondition)) = self.write(user, first).await? else {
            return Err(unavailable());
        };
        yield_now().await;
        let second = CommitRequest {
            precondition: &precondition,
            ..request.clone()
        };
        self.write(user, second).await
    }

    /// What happens after a commit, and how it is answered.
    async fn afterwards(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        outcome: CommitOutcome,
    ) -> Result<CommitOutcome, StoreError> {
        self.keep(user, |kept| {
            kept.last = Some(Arc::clone(request.record));
            kept.expires = Some(Instant::now() + request.ttl);
        });
        match (self.flaw, &outcome) {
            (Flaw::RefusalDropsToken, CommitOutcome::Conflict(_)) if request.drop_token => {
                let _ = self.store.put_token(user, any(None, soon())).await?;
            }
            (Flaw::RefusalRecordsId, CommitOutcome::Conflict(_)) => {
                let _ = self.store.resolve(user, request.id, soon()).await?;
            }
            (Flaw::ReturnsOldPrecondition, CommitOutcome::Applied(Some(_))) => {
                return Ok(CommitOutcome::Applied(Some(request.precondition.clone())));
            }
            (Flaw::ResendReturnsPrecondition, CommitOutcome::Applied(None)) => {
                let precondition = self.loaded(user, None).await?.precondition;
                return Ok(CommitOutcome::Applied(Some(precondition)));
            }
            _ => {}
        }
        Ok(outcome)
    }

    /// Drops another user, to make room for this one. Only once for each that it knows: otherwise
    /// the suite would fill the store for ever.
    async fn evict(&self, user: &UserId) -> Result<bool, StoreError> {
        let other = std::mem::take(&mut *self.kept.lock().unwrap())
            .into_keys()
            .find(|other| other != user);
        match other {
            Some(other) => self.store.delete(&other, soon()).await.map(|()| true),
            None => Ok(false),
        }
    }
}
