//! One process at a time: the claim, and the wait for whoever has it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Found, TokenError, Tokens};
use crate::id::{JwtToken, UserId};
use crate::store::{Lease, StoredToken};

/// The shortest and the longest pause between two looks into the store.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));

/// What a claim comes to.
pub(super) enum Claimed {
    /// The refresh is ours, after what stands in the store.
    Won { stands: Option<StoredToken> },
    /// Somebody else has done it.
    Done(JwtToken),
}

impl Tokens {
    /// Becomes the one who refreshes, or waits for the token of the one who does.
    pub(super) async fn claim(
        &self,
        user: &UserId,
        worn: Option<&JwtToken>,
        patience: &Patience,
    ) -> Result<Claimed, TokenError> {
        let mut pause = PAUSES.0;
        loop {
            let deadline = Instant::now() + self.deadline;
            let claim = self
                .store()?
                .acquire_refresh_lease(user, &self.owner, self.lease(), deadline)
                .await?;
            // Looked up after the claim, so that the token of the last owner is seen.
            let found = self.look(user, worn, deadline).await;
            if claim == Lease::Acquired && !matches!(found, Ok(Found { token: None, .. })) {
                self.release(user).await;
            }
            match (claim, found?) {
                (
                    _,
                    Found {
                        token: Some(token), ..
                    },
                ) => return Ok(Claimed::Done(token)),
                (Lease::Acquired, Found { stored, .. }) => {
                    return Ok(Claimed::Won { stands: stored });
                }
                (Lease::Held { remaining }, _) => {
                    patience
                        .wait(pause.mul_f64(rand::random_range(0.5..1.0)).min(remaining))
                        .await?;
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    /// How long a claim lasts: as long as all that its owner does can take. To claim and look is one deadline, to put another.
    pub(super) fn lease(&self) -> Duration {
        self.source_timeout + self.deadline * 2
    }

    /// Keeps everybody from refreshing for a while.
    pub(super) async fn leave(&self, user: &UserId, pause: Duration) {
        let deadline = Instant::now() + self.deadline;
        let left = match self.store() {
            Ok(store) => store
                .acquire_refresh_lease(user, &self.owner, pause, deadline)
                .await
                .map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = left {
            tracing::debug!(?user, %error, "The claim ends with its lease");
        }
    }

    /// Lets the next one refresh.
    pub(super) async fn release(&self, user: &UserId) {
        let deadline = Instant::now() + self.deadline;
        let released = match self.store() {
            Ok(store) => {
                store
                    .release_refresh_lease(user, &self.owner, deadline)
                    .await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = released {
            tracing::debug!(?user, %error, "The refresh lease ends by itself");
        }
    }
}

/// How long a caller waits for others.
pub(super) struct Patience {
    began: Instant,
    end: Instant,
}

impl Patience {
    pub(super) fn new(most: Duration) -> Self {
        let began = Instant::now();
        Self {
            began,
            end: began + most,
        }
    }

    pub(super) fn end(&self) -> Instant {
        self.end
    }

    pub(super) fn over(&self) -> TokenError {
        TokenError::Contended {
            waited: self.began.elapsed(),
        }
    }

    async fn wait(&self, pause: Duration) -> Result<(), TokenError> {
        sleep_until(self.end.min(Instant::now() + pause)).await;
        if Instant::now() < self.end {
            Ok(())
        } else {
            Err(self.over())
        }
    }
}
