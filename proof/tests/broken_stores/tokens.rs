//! Tokens and claims that go wrong.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    Claim, ExpectedToken, LeaseHolder, Session, StoredToken, TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, Direction, StateStore, StoreError, UserId};

use super::flawed::{Flawed, LONG};
use super::flaws::Flaw;

pub fn any(token: Option<&StoredToken>, deadline: Instant) -> TokenPut<'_> {
    TokenPut {
        token,
        expected: ExpectedToken::Any,
        ttl: LONG,
        release: None,
        deadline,
    }
}

impl Flawed {
    pub async fn flawed_put(
        &self,
        user: &UserId,
        mut put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        if self.is_silent() {
            return Err(self.silence(put.deadline).await);
        }
        let owner = self.keep(user, |kept| kept.owner);
        match self.flaw {
            Flaw::TokensNeverEnd => put.ttl = LONG,
            Flaw::PutsRegardless => put.expected = ExpectedToken::Any,
            Flaw::RemovesNothing if put.token.is_none() => return Ok(TokenOutcome::Stored),
            Flaw::AnyoneReleases => put.release = put.release.and(owner.as_ref()),
            Flaw::LooksThenPuts if put.expected == ExpectedToken::Absent => {
                if self.found(user, None).await?.token.is_none() {
                    put.expected = ExpectedToken::Any;
                }
                yield_now().await;
            }
            Flaw::RemovesThenPuts => {
                let current = self.found(user, None).await?.token;
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
                let found = self.found(user, None).await?;
                if let Session::New | Session::Expired(_) = found.session {
                    self.revive(
                        user,
                        &Arc::new(empty(found.session.version())),
                        &found.precondition,
                    )
                    .await?;
                }
            }
            _ => {}
        }
        Ok(outcome)
    }

    pub async fn flawed_claim(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        mut lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        if self.is_silent() {
            return Err(self.silence(deadline).await);
        }
        self.give_up().await;
        if self.flaw == Flaw::ClaimsNeverEnd {
            lease = LONG;
        }
        let asks_again = self.keep(user, |kept| kept.owner == Some(*owner));
        let asking = if self.flaw == Flaw::OwnersWaitToo && asks_again {
            LeaseHolder::random()
        } else {
            *owner
        };
        let claim = self
            .store
            .acquire_refresh_lease(user, &asking, lease, deadline)
            .await?;
        if claim == Lease::Won {
            self.keep(user, |kept| kept.owner = Some(*owner));
        }
        Ok(if self.flaw == Flaw::EveryoneWins {
            Lease::Won
        } else {
            claim
        })
    }
}

fn empty(last: Option<Version>) -> Record {
    Record {
        version: Version::after(last),
        commit_id: CommitId::random(),
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        state: "{}".into(),
    }
}
