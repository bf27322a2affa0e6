//! Loads, resolves and deletes with a flaw.

use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::Record;
use vimbiso_state::store::{CommitStatus, Loaded, Precondition, Session, TokenStore};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use super::flaws::Flaw;
use super::outbox::flaws::OutboxFlaw;
use super::store::{Flawed, LONG, soon, unavailable};
use super::tokens::any;

impl Flawed {
    pub async fn flawed_load(
        &self,
        user: &UserId,
        id: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        if self.is_silent() {
            let nothing = Loaded {
                session: Session::New,
                precondition: Precondition::new([]),
                commit_status: None,
            };
            return if self.flaw == Flaw::SilenceIsNew {
                Ok(nothing)
            } else {
                Err(self.no_answer(deadline).await)
            };
        }
        if self.flaw == Flaw::Slow {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut loaded = self.loaded(user, id).await?;
        match self.flaw {
            Flaw::LoadSlides => self.slide(user).await?,
            Flaw::LoadRevives if matches!(loaded.session, Session::Expired(_)) => {
                if let Some(last) = self.keep(user, |kept| kept.last.take()) {
                    self.revive(user, &last, &loaded.precondition).await?;
                }
            }
            Flaw::LoadRecords => {
                if let Some(id) = id {
                    let _ = self.store.resolve(user, id, deadline).await?;
                }
            }
            Flaw::NewIsFenced if matches!(loaded.session, Session::New) => {
                loaded.commit_status = id.map(|_| CommitStatus::Fenced)
            }
            Flaw::DeleteKeepsIds if matches!(loaded.session, Session::New) => {
                let is_known = id.is_some_and(|id| self.keep(user, |kept| kept.ids.contains(id)));
                loaded.commit_status = is_known.then_some(CommitStatus::Fenced)
            }
            Flaw::ExpiredIsNew if matches!(loaded.session, Session::Expired(_)) => {
                loaded.session = Session::New
            }
            Flaw::Outbox(flaw @ OutboxFlaw::TombstoneIsNotRenewed)
                if matches!(loaded.session, Session::Expired(_))
                    && self.is_forgotten(user, flaw) =>
            {
                loaded.session = Session::New
            }
            Flaw::LoadHidesIds => loaded.commit_status = None,
            Flaw::DataGoesFirst => {
                let expires = self.keep(user, |kept| kept.expires);
                if let Session::Live(record) = &loaded.session
                    && expires
                        .is_some_and(|expires| Instant::now() + Duration::from_millis(5) > expires)
                {
                    loaded.session = Session::Live(
                        Record {
                            data: "{}".into(),
                            ..Record::clone(record)
                        }
                        .into(),
                    );
                }
            }
            _ => {}
        }
        Ok(loaded)
    }

    pub async fn flawed_resolve(
        &self,
        user: &UserId,
        id: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(deadline).await);
        }
        let known = self.loaded(user, Some(id)).await?.commit_status;
        match (self.flaw, known) {
            (Flaw::DeniesTheApplied, _) => return Ok(CommitStatus::Fenced),
            (Flaw::FencesNothing, None) => return Ok(CommitStatus::Fenced),
            (Flaw::ResolveForgetsReplies, Some(CommitStatus::Applied { version, .. })) => {
                return Ok(CommitStatus::Applied {
                    version,
                    reply: None,
                });
            }
            (Flaw::ResolveSlides, _) => self.slide(user).await?,
            (Flaw::LooksThenFences, known) => {
                yield_now().await;
                let _ = self.store.resolve(user, id, deadline).await?;
                return Ok(known.unwrap_or(CommitStatus::Fenced));
            }
            _ => {}
        }
        self.store.resolve(user, id, deadline).await
    }

    pub async fn flawed_delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(deadline).await);
        }
        let loaded = self.loaded(user, None).await?;
        if self.flaw == Flaw::DeleteMissesUnknown && matches!(loaded.session, Session::New) {
            return Err(unavailable());
        }
        let token = self.store.load_token(user, soon()).await?;
        self.delete_outbox(user).await?;
        match self.flaw {
            Flaw::DeleteKeepsToken => {
                let _ = self
                    .store
                    .put_token(user, any(token.as_ref(), soon()))
                    .await?;
            }
            Flaw::DeleteKeepsLease => {
                if let Some(holder) = self.keep(user, |kept| kept.holder) {
                    let _ = self
                        .store
                        .acquire_refresh_lease(user, &holder, LONG, soon())
                        .await?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
