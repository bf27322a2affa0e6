//! One refresh for all who need it.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;
use tokio::time::{timeout, timeout_at};
use tracing::Instrument;

use super::claim::{Claimed, Patience};
use super::life::Life;
use super::put::New;
use super::{SourceError, TokenError, TokenSource, Tokens};
use crate::id::{JwtToken, UserId};

/// For this long, the source is not asked again after a refresh has failed, nor for the successor of a token that still will do.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

impl Tokens {
    /// The token after the `worn` one, or the first. `began` is the number of refreshes when the caller came.
    pub(super) async fn refresh<S: TokenSource + ?Sized + 'static>(
        self: &Arc<Self>,
        user: &UserId,
        source: &Arc<S>,
        worn: Option<JwtToken>,
        began: u64,
    ) -> Result<JwtToken, TokenError> {
        match self.start(user, source, worn, began).await {
            Ok(refreshed) => refreshed,
            Err(task) => match task.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(ended) => Err(TokenError::Source(Arc::new(SourceError::unavailable(
                    ended,
                )))),
            },
        }
    }

    /// Starts a refresh in a task of its own, so that a caller who stops waiting takes nothing from the others.
    pub(super) fn start<S: TokenSource + ?Sized + 'static>(
        self: &Arc<Self>,
        user: &UserId,
        source: &Arc<S>,
        worn: Option<JwtToken>,
        began: u64,
    ) -> JoinHandle<Result<JwtToken, TokenError>> {
        let (tokens, user, source) = (Arc::clone(self), user.clone(), Arc::clone(source));
        let refresh = async move { tokens.in_turn(&user, &*source, worn.as_ref(), began).await };
        tokio::spawn(refresh.in_current_span())
    }

    async fn in_turn<S: TokenSource + ?Sized>(
        &self,
        user: &UserId,
        source: &S,
        worn: Option<&JwtToken>,
        began: u64,
    ) -> Result<JwtToken, TokenError> {
        // Enough for one owner who dies, and for one who takes over.
        let patience = Patience::new(self.lease() * 2);
        let _turn = timeout_at(patience.end(), self.queues.enter(user))
            .await
            .map_err(|_| patience.over())?;
        if let Some(token) = self.sight.refreshed_since(user, began) {
            return Ok(token);
        }
        if let Some(error) = self.sight.failure(user) {
            return Err(TokenError::Source(error));
        }
        let forgets = self.sight.forgets();
        let stands = match self.claim(user, worn, &patience).await? {
            Claimed::Won { stands } => stands,
            Claimed::Done(token) => return Ok(token),
        };
        match self.issue(user, source).await {
            Ok((token, life)) => Ok(self
                .put(
                    user,
                    New {
                        token,
                        life,
                        forgets,
                    },
                    stands,
                    worn,
                )
                .await),
            Err(error) => {
                let error = Arc::new(error);
                tracing::warn!(?user, %error, "Token not refreshed");
                self.sight.failed(user, Arc::clone(&error), PAUSE);
                self.leave(user, PAUSE).await;
                Err(TokenError::Source(error))
            }
        }
    }

    async fn issue<S: TokenSource + ?Sized>(
        &self,
        user: &UserId,
        source: &S,
    ) -> Result<(JwtToken, Life), SourceError> {
        let after = self.source_timeout;
        tracing::debug!(?user, "Refreshing token");
        let token = timeout(after, source.issue(user))
            .await
            .map_err(|_| SourceError::TimedOut { after })??;
        let life = Life::put(&token, self.ttl, SystemTime::now(), rand::random())?;
        Ok((token, life))
    }
}
