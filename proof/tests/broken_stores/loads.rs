//! Loads and resolves that go wrong.

use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep};
use vimbiso_state::session::Record;
use vimbiso_state::store::{CommitStatus, Loaded, Precondition, Session};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use super::flaw::Flaw;
use super::flawed::Flawed;

impl Flawed {
    pub async fn flawed_load(
        &self,
        user: &UserId,
        id: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        if self.is_silent() {
            if self.flaw != Flaw::SilenceIsNew {
                return Err(self.wait(deadline).await);
            }
            return Ok(Loaded {
                session: Session::New,
                precondition: Precondition::new([]),
                commit_status: None,
            });
        }
        if self.flaw == Flaw::Slow {
            sleep(Duration::from_millis(200)).await;
        }
        let mut loaded = self.right_load(user, id).await?;
        match self.flaw {
            Flaw::LoadProlongs => self.prolong(user).await?,
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
            Flaw::NewUserIsFenced if matches!(loaded.session, Session::New) => {
                loaded.commit_status = Some(CommitStatus::Fenced)
            }
            Flaw::ExpiredIsNew if matches!(loaded.session, Session::Expired(_)) => {
                loaded.session = Session::New
            }
            Flaw::LoadHidesCommitIds => loaded.commit_status = None,
            Flaw::DataExpiresFirst => {
                let expires = self.keep(user, |kept| kept.expires);
                let nearly = Instant::now() + Duration::from_millis(5);
                if let Session::Live(record) = &loaded.session
                    && expires.is_some_and(|expires| nearly > expires)
                {
                    let without = Record {
                        data: "{}".into(),
                        ..Record::clone(record)
                    };
                    loaded.session = Session::Live(without.into());
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
            return Err(self.wait(deadline).await);
        }
        let known = self.right_load(user, Some(id)).await?.commit_status;
        match (self.flaw, known) {
            (Flaw::DeniesTheApplied, _) => return Ok(CommitStatus::Fenced),
            (Flaw::FencesNothing, None) => return Ok(CommitStatus::Fenced),
            (Flaw::ResolveLosesReplies, Some(CommitStatus::Applied { version, .. })) => {
                return Ok(CommitStatus::Applied {
                    version,
                    reply: None,
                });
            }
            (Flaw::ResolveProlongs, _) => self.prolong(user).await?,
            (Flaw::ReadsThenFences, known) => {
                yield_now().await;
                let _ = self.store.resolve(user, id, deadline).await?;
                return Ok(known.unwrap_or(CommitStatus::Fenced));
            }
            _ => {}
        }
        self.store.resolve(user, id, deadline).await
    }
}
