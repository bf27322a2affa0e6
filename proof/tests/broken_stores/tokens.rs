//! Token calls with a flaw.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    ExpectedToken, Lease, LeaseHolder, Session, StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, Direction, StoreError, UserId};

use super::flaws::Flaw;
use super::store::{Flawed, LONG, soon};

pub fn any(token: Option<&StoredToken>, deadline: Instant) -> TokenPut<'_> {
    TokenPut {
        token,
        expected: ExpectedToken::Any,
        ttl: LONG,
        deadline,
    }
}

impl Flawed {
    pub async fn flawed_load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        if self.is_silent() {
            return if self.flaw == Flaw::SilenceIsNoToken {
                Ok(None)
            } else {
                Err(self.no_answer(deadline).await)
            };
        }
        let token = self.store.load_token(user, deadline).await?;
        match self.flaw {
            Flaw::NewHasToken if token.is_none() => return Ok(Some(StoredToken::new("welcome"))),
            Flaw::ReadingSlidesToken if token.is_some() => {
                let _ = self
                    .store
                    .put_token(user, any(token.as_ref(), deadline))
                    .await?;
            }
            _ => {}
        }
        Ok(token)
    }

    pub async fn flawed_put(
        &self,
        user: &UserId,
        mut put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(put.deadline).await);
        }
        let cut = put.token.map(|token| {
            let text = token.expose();
            StoredToken::new(&text[..text.len().min(4096)])
        });
        match self.flaw {
            Flaw::TokensNeverEnd => put.ttl = LONG,
            Flaw::CutsLongTokens => put.token = cut.as_ref(),
            Flaw::PutsRegardless => put.expected = ExpectedToken::Any,
            Flaw::RemovesNothing if put.token.is_none() => return Ok(TokenOutcome::Stored),
            Flaw::LooksThenPuts if put.expected == ExpectedToken::Absent => {
                if self.store.load_token(user, soon()).await?.is_none() {
                    put.expected = ExpectedToken::Any;
                }
                yield_now().await;
            }
            Flaw::RemovesThenPuts => {
                let current = self.store.load_token(user, soon()).await?;
                if let ExpectedToken::Exactly(token) = put.expected
                    && current.as_ref() == Some(token)
                {
                    let _ = self.store.put_token(user, any(None, put.deadline)).await?;
                    yield_now().await;
                    put.expected = ExpectedToken::Any;
                }
            }
            _ => {}
        }
        let outcome = self.store.put_token(user, put).await?;
        match self.flaw {
            Flaw::TokenSlides => self.slide(user).await?,
            Flaw::TokenRevives => {
                let loaded = self.loaded(user, None).await?;
                if let Session::New | Session::Expired(_) = loaded.session {
                    let record = Arc::new(empty(loaded.session.version()));
                    self.revive(user, &record, &loaded.precondition).await?;
                }
            }
            _ => {}
        }
        Ok(outcome)
    }

    pub async fn flawed_acquire(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        mut length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(deadline).await);
        }
        match self.flaw {
            Flaw::Panics => panic!("a store that panics"),
            Flaw::Hangs => std::future::pending().await,
            Flaw::LeasesNeverEnd => length = LONG,
            _ => {}
        }
        let asks_again = self.keep(user, |kept| kept.holder == Some(*holder));
        if self.flaw == Flaw::LeasesNeverShorten && asks_again {
            return Ok(Lease::Acquired);
        }
        let asking = if self.flaw == Flaw::HoldersWaitToo && asks_again {
            LeaseHolder::random()
        } else {
            *holder
        };
        let lease = self
            .store
            .acquire_refresh_lease(user, &asking, length, deadline)
            .await?;
        if lease == Lease::Acquired {
            self.keep(user, |kept| kept.holder = Some(*holder));
        }
        Ok(if self.flaw == Flaw::EveryoneAcquires {
            Lease::Acquired
        } else {
            lease
        })
    }

    pub async fn flawed_release(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(deadline).await);
        }
        let current = self.keep(user, |kept| kept.holder);
        let released = match (self.flaw, current) {
            (Flaw::AnyoneReleases, Some(current)) => current,
            (Flaw::ReleasesNothing, _) => return Ok(()),
            _ => *holder,
        };
        self.store
            .release_refresh_lease(user, &released, deadline)
            .await
    }
}

pub fn empty(last: Option<Version>) -> Record {
    Record {
        version: Version::after(last),
        flow: "cafe".into(),
        entered_by: CommitId::random(),
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        pending_call: None,
        data: "{}".into(),
    }
}
