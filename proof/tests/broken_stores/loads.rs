//! Loads, resolves and forgets that go wrong.

use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::Record;
use vimbiso_state::store::{CommitStatus, Done, Loaded, Precondition, Session, StoredToken};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use super::flawed::{Flawed, soon, unavailable};
use super::flaws::Flaw;
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
                basis: Precondition::new([]),
                token: None,
                done: None,
            };
            return if self.flaw == Flaw::SilenceIsNew {
                Ok(nothing)
            } else {
                Err(self.silence(deadline).await)
            };
        }
        if self.flaw == Flaw::Slow {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut found = self.found(user, id).await?;
        match self.flaw {
            Flaw::LoadSlides => self.slide(user).await?,
            Flaw::LoadRevives if matches!(found.session, Session::Expired(_)) => {
                if let Some(last) = self.keep(user, |kept| kept.last.take()) {
                    self.revive(user, &last, &found.precondition).await?;
                }
            }
            Flaw::LoadRecords => {
                if let Some(id) = id {
                    let _ = self.store.resolve(user, id, deadline).await?;
                }
            }
            Flaw::NewHasToken if matches!(found.session, Session::New) => {
                found.token = Some(StoredToken::new("welcome"))
            }
            Flaw::ExpiredIsNew if matches!(found.session, Session::Expired(_)) => {
                found.session = Session::New
            }
            Flaw::LoadHidesIds => found.done = None,
            Flaw::StateGoesFirst => {
                let expires = self.keep(user, |kept| kept.expires);
                if let Session::Live(record) = &found.session
                    && expires
                        .is_some_and(|expires| Instant::now() + Duration::from_millis(5) > expires)
                {
                    found.session = Session::Live(
                        Record {
                            state: "{}".into(),
                            ..Record::clone(record)
                        }
                        .into(),
                    );
                }
            }
            _ => {}
        }
        Ok(found)
    }

    pub async fn flawed_resolve(
        &self,
        user: &UserId,
        id: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        if self.is_silent() {
            return Err(self.silence(deadline).await);
        }
        let known = self.found(user, Some(id)).await?.done;
        match (self.flaw, known) {
            (Flaw::DeniesTheApplied, _) => return Ok(CommitStatus::Fenced),
            (Flaw::FencesNothing, None) => return Ok(CommitStatus::Fenced),
            (Flaw::ResolveSlides, _) => self.slide(user).await?,
            (Flaw::LooksThenFences, known) => {
                yield_now().await;
                let _ = self.store.resolve(user, id, deadline).await?;
                return Ok(match known {
                    Some(CommitStatus::Applied { version, .. }) => CommitStatus::Applied(version),
                    _ => CommitStatus::Fenced,
                });
            }
            _ => {}
        }
        self.store.resolve(user, id, deadline).await
    }

    pub async fn flawed_forget(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        if self.is_silent() {
            return Err(self.silence(deadline).await);
        }
        let found = self.found(user, None).await?;
        if self.flaw == Flaw::MissesNobody && matches!(found.session, Session::New) {
            return Err(unavailable());
        }
        self.store.delete(user, deadline).await?;
        if let (Flaw::KeepsTheToken, Some(token)) = (self.flaw, &found.token) {
            let _ = self.store.put_token(user, any(Some(token), soon())).await?;
        }
        Ok(())
    }
}
