//! The vault: a store whose tokens and remembered replies are sealed.

mod envelope;
mod key;
mod put;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use envelope::{Field, Place};
pub use key::{InvalidKeyId, KeyRing, RepeatedKeyId, VaultKey};

use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Loaded, StateStore,
    StoredToken, TokenOutcome, TokenPut, TokenStore,
};

/// A store that seals tokens and remembered replies before another store gets them.
///
/// Sealed with XChaCha20-Poly1305 under the active key of a [`KeyRing`]. A sealed text is bound to its namespace, its user and
/// its field, a reply to its commit as well: copied anywhere else, or changed in a single bit, it does not open. What does
/// not open, for whatever reason, is no token and no reply; the log says so, without a byte of it. Plain text does not open
/// either, so that nobody can slip a token in.
///
/// States, stages and menus stay plain; the guard keeps secrets out of them. Keeps the [contract](StateStore#contract) of the
/// store inside. A token that is expected [exactly](crate::store::ExpectedToken::Exactly) but was not loaded through this vault, or one
/// that does not open, costs a second round trip.
///
/// # Examples
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// use vimbiso_state::vimbisopay::StateManager;
/// use vimbiso_state::{JwtToken, KeyRing, MemoryStore, UserId, Vault, VaultKey};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # runtime.block_on(async {
/// let keys = KeyRing::new(VaultKey::new("2026-11", &[7; 32])?); // 32 random bytes out of a secret store
/// let manager = StateManager::new(Vault::new(MemoryStore::new(), keys));
/// let (user, token) = (UserId::new("263771234567")?, JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?);
/// manager.set_jwt_token(&user, &token).await?;
/// assert_eq!(manager.user(&user).await?.jwt_token(), Some(&token));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Vault<S> {
    store: S,
    keys: Arc<KeyRing>,
}

impl<S: StateStore> Vault<S> {
    /// Puts a vault before a store.
    pub fn new(store: S, keys: KeyRing) -> Self {
        Self {
            store,
            keys: Arc::new(keys),
        }
    }

    fn inner_tokens(&self) -> Result<&dyn TokenStore, StoreError> {
        self.store
            .tokens()
            .ok_or_else(|| StoreError::misconfigured("the store in the vault keeps no tokens"))
    }

    fn place<'a>(&'a self, user: &'a UserId, field: Field<'a>) -> Place<'a> {
        Place {
            namespace: self.store.namespace(),
            user,
            field,
        }
    }

    fn seal(&self, user: &UserId, field: Field<'_>, text: &[u8]) -> Result<String, StoreError> {
        envelope::seal(&self.keys, &self.place(user, field), text).ok_or(StoreError::TooLarge {
            what: "a text to be sealed".into(),
        })
    }

    fn open(&self, user: &UserId, field: Field<'_>, envelope: &str) -> Option<String> {
        let opened = envelope::open(&self.keys, &self.place(user, field), envelope);
        let text = opened
            .inspect_err(|why| tracing::warn!(?user, %why, "Ignoring what does not open"))
            .ok()?;
        std::str::from_utf8(&text).ok().map(Into::into)
    }

    /// The token, with the form that it was found in.
    fn token(&self, user: &UserId, sealed: &StoredToken) -> Option<StoredToken> {
        Some(StoredToken::opened(
            self.open(user, Field::Token, sealed.expose())?,
            sealed.clone(),
        ))
    }

    fn reply(&self, user: &UserId, commit: &CommitId, sealed: &[u8]) -> Option<Box<[u8]>> {
        let envelope = String::from_utf8_lossy(sealed);
        self.open(user, Field::Reply(commit), &envelope)
            .map(|reply| reply.into_bytes().into())
    }

    fn loaded(&self, user: &UserId, commit: Option<&CommitId>, mut loaded: Loaded) -> Loaded {
        if let (Some(CommitStatus::Applied { reply, .. }), Some(commit)) =
            (&mut loaded.commit_status, commit)
        {
            *reply = reply
                .take()
                .and_then(|sealed| self.reply(user, commit, &sealed));
        }
        loaded
    }
}

#[async_trait]
impl<S: StateStore> StateStore for Vault<S> {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        Ok(self.loaded(user, commit, self.store.load(user, commit, deadline).await?))
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let id = commit.id;
        let reply = commit
            .reply
            .map(|reply| self.seal(user, Field::Reply(id), reply))
            .transpose()?;
        let commit = CommitRequest {
            reply: reply.as_deref().map(str::as_bytes),
            ..commit
        };
        Ok(match self.store.commit(user, commit).await? {
            CommitOutcome::Duplicate {
                version,
                reply,
                current,
            } => CommitOutcome::Duplicate {
                version,
                reply: reply.and_then(|sealed| self.reply(user, id, &sealed)),
                current: self.loaded(user, None, current),
            },
            CommitOutcome::Conflict(current) => {
                CommitOutcome::Conflict(self.loaded(user, None, current))
            }
            done @ (CommitOutcome::Applied(_) | CommitOutcome::Fenced) => done,
        })
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        Ok(match self.store.resolve(user, commit, deadline).await? {
            CommitStatus::Applied { version, reply } => CommitStatus::Applied {
                version,
                reply: reply.and_then(|sealed| self.reply(user, commit, &sealed)),
            },
            CommitStatus::Fenced => CommitStatus::Fenced,
        })
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        self.store.delete(user, deadline).await
    }

    fn retention(&self) -> Duration {
        self.store.retention()
    }

    fn namespace(&self) -> &str {
        self.store.namespace()
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        self.store.tokens().map(|_| self as &dyn TokenStore)
    }
}

#[async_trait]
impl<S: StateStore> TokenStore for Vault<S> {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        let sealed = self.inner_tokens()?.load_token(user, deadline).await?;
        Ok(sealed.and_then(|sealed| self.token(user, &sealed)))
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let seal = |token: &StoredToken| {
            self.seal(user, Field::Token, token.expose().as_bytes())
                .map(StoredToken::new)
        };
        let token = put.token.map(seal).transpose()?;
        self.put_sealed(
            user,
            TokenPut {
                token: token.as_ref(),
                ..put
            },
        )
        .await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        self.inner_tokens()?
            .acquire_refresh_lease(user, owner, lease, deadline)
            .await
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        self.inner_tokens()?
            .release_refresh_lease(user, holder, deadline)
            .await
    }
}
