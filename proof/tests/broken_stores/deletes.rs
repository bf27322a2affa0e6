//! Deletes that go wrong.

use tokio::time::Instant;
use vimbiso_state::store::{Session, TokenStore};
use vimbiso_state::{StateStore, StoreError, UserId};

use super::flaw::Flaw;
use super::flawed::{Flawed, LONG, unavailable};
use super::tokens::put_any;

impl Flawed {
    pub async fn flawed_delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        if self.is_silent() {
            return Err(self.wait(deadline).await);
        }
        let session = self.right_load(user, None).await?.session;
        if self.flaw == Flaw::RefusesUnknownUsers && matches!(session, Session::New) {
            return Err(unavailable());
        }
        let token = self.store.load_token(user, deadline).await?;
        self.store.delete(user, deadline).await?;
        match self.flaw {
            Flaw::KeepsCommitIds => {
                for id in self.keep(user, |kept| std::mem::take(&mut kept.ids)) {
                    let _ = self.store.resolve(user, &id, deadline).await?;
                }
            }
            Flaw::KeepsTheToken if token.is_some() => {
                let _ = self.store.put_token(user, put_any(token.as_ref())).await?;
            }
            Flaw::KeepsTheLease => {
                if let Some(holder) = self.keep(user, |kept| kept.holder) {
                    let _ = self
                        .store
                        .acquire_refresh_lease(user, &holder, LONG, deadline)
                        .await?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
