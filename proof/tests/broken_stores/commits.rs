//! Commits that go wrong.

use std::sync::Arc;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{Commit, CommitOutcome, Done, Session};
use vimbiso_state::{CommitId, Direction, StateStore, StoreError, UserId};

use super::flawed::{Flawed, LONG, soon, unavailable};
use super::flaws::Flaw;
use super::tokens::any;

impl Flawed {
    pub async fn flawed_commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let late = self.flaw == Flaw::UnavailableButApplied && Instant::now() >= commit.deadline;
        if self.is_silent() || late {
            if late || self.flaw == Flaw::SilentButApplied {
                let _ = self.write(user, commit.clone()).await?;
                return Err(unavailable());
            }
            let source = Some(self.silence(commit.deadline).await.into());
            return Err(StoreError::Unknown {
                commit_id: *commit.id,
                source,
            });
        }
        let outcome = loop {
            let answer = match self.instead(user, &commit).await? {
                Some(outcome) => Ok(outcome),
                None => self.altered(user, commit.clone()).await,
            };
            match answer {
                Err(StoreError::OverCapacity { .. })
                    if self.flaw == Flaw::Evicts && self.evict(user).await? => {}
                answer => break answer?,
            }
        };
        self.afterwards(user, &commit, outcome).await
    }

    /// The same commit, with something wrong about it.
    async fn altered(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let mut record = Record::clone(commit.record);
        let now = self.found(user, Some(commit.id)).await?;
        let mut basis = commit.precondition.clone();
        let (mut id, mut ttl, mut lifetime, instant) =
            (*commit.id, commit.ttl, commit.max_lifetime, Instant::now());
        // A version is a revision of eight bytes and a tag of sixteen; the last byte is whether the
        // session lives.
        let same = |range: std::ops::Range<usize>| {
            commit.precondition.as_bytes().get(range.clone())
                == now.precondition.as_bytes().get(range)
        };
        match self.flaw {
            Flaw::LosesDirection => record.direction = Direction::Out,
            Flaw::CutsLongStates if record.state.len() > 64_000 => {
                record.state = record.state[..64_000].into()
            }
            Flaw::KeepsTheOption => {
                if let Session::Live(last) = &now.session {
                    record.option = record.option.or_else(|| last.option.clone());
                }
            }
            Flaw::LastWriteWins => basis = now.precondition,
            Flaw::IgnoresTheExpiry if same(0..24) => basis = now.precondition,
            Flaw::NothingMatchesAll if basis.as_bytes().is_empty() => basis = now.precondition,
            Flaw::ComparesRevisions if same(0..8) && same(24..25) => basis = now.precondition,
            Flaw::ChecksThenWrites if now.done.is_none() && now.basis == basis => {
                yield_now().await;
                basis = self.found(user, None).await?.precondition;
                id = CommitId::random();
            }
            Flaw::ForgetsIds => id = CommitId::random(),
            Flaw::IdsEndWithTheSession if matches!(now.session, Session::Expired(_)) => {
                id = CommitId::random()
            }
            Flaw::RingOfIds => {
                let known = self.keep(user, |kept| {
                    let known = kept.ids.contains(&id);
                    kept.ids.push_back(id);
                    kept.ids.drain(..kept.ids.len().saturating_sub(32));
                    known
                });
                if !known && now.done.is_some() {
                    id = CommitId::random();
                }
            }
            Flaw::ResendRevives
                if matches!(now.session, Session::Expired(_)) && now.done.is_some() =>
            {
                (id, basis) = (CommitId::random(), now.precondition);
            }
            Flaw::NeverSlides => {
                let live = matches!(now.session, Session::Live(_));
                let expiry = self.keep(user, |kept| match kept.first_expiry {
                    Some(expiry) if live => expiry,
                    _ => *kept.first_expiry.insert(instant + ttl),
                });
                ttl = expiry - instant;
            }
            Flaw::EndlessLife => lifetime = LONG * 60,
            Flaw::FirstLifeCounts => {
                let first = self.keep(user, |kept| *kept.first_commit.get_or_insert(instant));
                lifetime = lifetime.saturating_sub(instant - first);
            }
            _ => {}
        }
        let reply = commit.reply.filter(|_| self.flaw != Flaw::ForgetsReplies);
        let drop_token = commit.drop_token || self.flaw == Flaw::CommitDropsToken;
        let id = &id;
        let basis = &precondition;
        let record = &Arc::new(record);
        self.write(
            user,
            CommitRequest {
                id,
                basis,
                record,
                reply,
                drop_token,
                ttl,
                lifetime,
                ..commit
            },
        )
        .await
    }

    /// An answer that comes before any commit, or a commit in steps.
    async fn instead(
        &self,
        user: &UserId,
        commit: &CommitRequest<'_>,
    ) -> Result<Option<CommitOutcome>, StoreError> {
        let now = self.found(user, Some(commit.id)).await?;
        let fits = now.done.is_none() && now.basis == *commit.precondition;
        Ok(Some(match (self.flaw, &now.session, &now.done) {
            (Flaw::RefusesTheDamaged, Session::Corrupt { .. }, None) => {
                CommitOutcome::Conflict(now)
            }
            (Flaw::RefusesTheExpired, Session::Expired(_), None) => CommitOutcome::Conflict(now),
            (Flaw::ComparesFirst, ..) if now.basis != *commit.basis => CommitOutcome::Conflict(now),
            (Flaw::ResendIsDuplicate, _, Some(CommitStatus::Applied { version, reply })) => {
                CommitOutcome::Duplicate {
                    version: *version,
                    reply: reply.clone(),
                    current: now,
                }
            }
            (Flaw::WritesInTwoSteps, Session::Live(last), _) if fits => {
                let version = Version::after(Some(last.version));
                let half = Record {
                    version,
                    state: last.state.clone(),
                    ..Record::clone(commit.record)
                };
                self.then(user, commit, half).await?
            }
            (Flaw::RecordsLater, ..) if fits => {
                self.then(user, commit, Record::clone(commit.record))
                    .await?
            }
            _ => return Ok(None),
        }))
    }

    /// Writes something under no id that anyone knows, and the whole commit after it.
    async fn then(
        &self,
        user: &UserId,
        commit: &CommitRequest<'_>,
        first: Record,
    ) -> Result<CommitOutcome, StoreError> {
        let first = CommitRequest {
            id: &CommitId::random(),
            record: &Arc::new(first),
            ..commit.clone()
        };
        let CommitOutcome::Applied(Some(precondition)) = self.write(user, first).await? else {
            return Err(unavailable());
        };
        yield_now().await;
        self.write(
            user,
            CommitRequest {
                basis: &precondition,
                ..commit.clone()
            },
        )
        .await
    }

    /// What a commit leaves behind, and what is said of it.
    async fn afterwards(
        &self,
        user: &UserId,
        commit: &CommitRequest<'_>,
        outcome: CommitOutcome,
    ) -> Result<CommitOutcome, StoreError> {
        self.keep(user, |kept| {
            (kept.last, kept.expires) = (
                Some(Arc::clone(commit.record)),
                Some(Instant::now() + commit.ttl),
            );
        });
        Ok(match (self.flaw, outcome) {
            (Flaw::RefusalDropsToken, outcome @ CommitOutcome::Conflict(_))
                if commit.drop_token =>
            {
                let _ = self.store.put_token(user, any(None, soon())).await?;
                outcome
            }
            (Flaw::ReturnsTheOldBasis, CommitOutcome::Applied(Some(_))) => {
                CommitOutcome::Applied(Some(commit.precondition.clone()))
            }
            (Flaw::ResendBringsABasis, CommitOutcome::Applied(None)) => {
                CommitOutcome::Applied(Some(self.found(user, None).await?.precondition))
            }
            (_, outcome) => outcome,
        })
    }

    /// Drops anyone else, to make room for one more. Once: the suite would fill a store that evicts
    /// for ever.
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
