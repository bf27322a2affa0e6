//! Tokens and leases that go wrong.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    ExpectedToken, Lease, LeaseHolder, Session, StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, Direction, StoreError, UserId};

use super::flaw::Flaw;
use super::flawed::{Flawed, LONG, soon};

pub fn put_any(token: Option<&StoredToken>) -> TokenPut<'_> {
    TokenPut {
        token,
        expected: ExpectedToken::Any,
        ttl: LONG,
        deadline: soon(),
    }
}

#[async_trait]
impl TokenStore for Flawed {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        if self.is_silent() {
            return match self.flaw {
                Flaw::SilenceIsNoToken => Ok(None),
                _ => Err(self.wait(deadline).await),
            };
        }
        let user = &self.seen_as(user);
        let token = self.store.load_token(user, deadline).await?;
        match self.flaw {
            Flaw::NewUserHasToken if token.is_none() => Ok(Some(StoredToken::new("welcome"))),
            Flaw::TokenReadProlongs if token.is_some() => {
                let _ = self.store.put_token(user, put_any(token.as_ref())).await?;
                Ok(token)
            }
            _ => Ok(token),
        }
    }

    async fn put_token(
        &self,
        user: &UserId,
        mut put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        if self.is_silent() {
            return Err(self.wait(put.deadline).await);
        }
        let user = &self.seen_as(user);
        let cut = put.token.map(|token| {
            let text = token.expose();
            StoredToken::new(&text[..text.len().min(16 * 1024)])
        });
        match self.flaw {
            Flaw::TokensNeverEnd => put.ttl = LONG,
            Flaw::CutsLongTokens => put.token = cut.as_ref(),
            Flaw::PutsOverAnything => put.expected = ExpectedToken::Any,
            Flaw::RemovesNoToken if put.token.is_none() => return Ok(TokenOutcome::Stored),
            Flaw::ReadsThenPuts if put.expected == ExpectedToken::Absent => {
                if self.store.load_token(user, put.deadline).await?.is_none() {
                    put.expected = ExpectedToken::Any;
                }
                yield_now().await;
            }
            Flaw::RemovesThenPuts => {
                let current = self.store.load_token(user, put.deadline).await?;
                if let ExpectedToken::Exactly(expected) = put.expected
                    && current.as_ref() == Some(expected)
                {
                    let _ = self.store.put_token(user, put_any(None)).await?;
                    yield_now().await;
                    put.expected = ExpectedToken::Any;
                }
            }
            _ => {}
        }
        let outcome = self.store.put_token(user, put).await?;
        match self.flaw {
            Flaw::TokenCallProlongs => self.prolong(user).await?,
            Flaw::TokenCallRevives => {
                let loaded = self.right_load(user, None).await?;
                if let Session::New | Session::Expired(_) = loaded.session {
                    let record = Arc::new(empty(loaded.session.version()));
                    self.revive(user, &record, &loaded.precondition).await?;
                }
            }
            _ => {}
        }
        Ok(outcome)
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        mut length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        if self.is_silent() {
            return Err(self.wait(deadline).await);
        }
        self.give_up().await;
        let user = &self.seen_as(user);
        if self.flaw == Flaw::LeasesNeverEnd {
            length = LONG;
        }
        let again = self.keep(user, |kept| kept.holder == Some(*holder));
        let asking = match self.flaw {
            Flaw::HoldersWaitToo if again => LeaseHolder::random(),
            _ => *holder,
        };
        let lease = self
            .store
            .acquire_refresh_lease(user, &asking, length, deadline)
            .await?;
        if lease == Lease::Acquired {
            self.keep(user, |kept| kept.holder = Some(*holder));
        }
        Ok(match self.flaw {
            Flaw::EveryoneAcquires => Lease::Acquired,
            _ => lease,
        })
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        if self.is_silent() {
            return Err(self.wait(deadline).await);
        }
        let user = &self.seen_as(user);
        let holder = match (self.flaw, self.keep(user, |kept| kept.holder)) {
            (Flaw::AnyoneReleases, Some(other)) => other,
            (Flaw::ReleasesNothing, _) => return Ok(()),
            _ => *holder,
        };
        self.store
            .release_refresh_lease(user, &holder, deadline)
            .await
    }
}

fn empty(last: Option<Version>) -> Record {
    Record {
        version: Version::after(last),
        entered_by: CommitId::random(),
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        data: "{}".into(),
    }
}
