//! A store that keeps no tokens serves every call but those for tokens.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use harness::desk::{Manager, applied, begin, deliver, message, user};
use harness::tokens::{Api, expiring};
use tokio::time::Instant;
use vimbiso_state::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded};
use vimbiso_state::token::{CallError, TokenError};
use vimbiso_state::{CommitId, Error, MemoryStore, Redelivery, StateStore, StoreError, UserId};

/// The sessions of a memory store alone.
#[derive(Debug, Clone, Default)]
struct Sessions(MemoryStore);

#[async_trait]
impl StateStore for Sessions {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        self.0.load(user, commit, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.0.commit(user, request).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.0.resolve(user, commit, deadline).await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        self.0.delete(user, deadline).await
    }

    fn retention(&self) -> Duration {
        self.0.retention()
    }

    fn namespace(&self) -> &str {
        self.0.namespace()
    }
}

fn is_misconfigured(error: &StoreError) -> bool {
    matches!(error, StoreError::Misconfigured { .. })
}

#[tokio::test(start_paused = true)]
async fn messages_are_handled() {
    let manager = Manager::new(Sessions::default());
    let _ = deliver(&manager, &user(1), "a").await;
    assert!(deliver(&manager, &user(1), "a").await.is_duplicate());
    let mut open = begin(&manager, &user(1), "b").await;
    open.data_mut().applied.push("b".into());
    let _ = open.commit().await.unwrap();
    let _ = manager
        .update_state(&user(1), "test", |_| Ok(()))
        .await
        .unwrap();
    let reply = manager.stored_reply(&user(1), &message("a")).await.unwrap();
    assert_eq!(reply.unwrap().read::<u32>().unwrap(), 1);
    assert_eq!(applied(&manager, &user(1)).await, ["a", "b"]);
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), None);
    manager.delete(&user(1)).await.unwrap();
    assert_eq!(manager.load(&user(1)).await.unwrap().version(), None);
}

#[tokio::test(start_paused = true)]
async fn token_calls_are_refused_as_misconfigured() {
    let manager = Manager::new(Sessions::default());
    let token = expiring(900, 1);
    for refused in [
        manager.set_jwt_token(&user(1), &token).await,
        manager.clear_jwt_token(&user(1)).await,
        manager.start_session(&user(1), &token).await,
    ] {
        match refused {
            Err(Error::Store(why)) => {
                assert!(is_misconfigured(&why), "{why:?}");
                assert_eq!(why.redeliver(), Redelivery::Alert);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn call_with_a_token_is_refused_and_not_made() {
    let manager = Manager::new(Sessions::default());
    let api = Api::new();
    let found = manager.load(&user(1)).await.unwrap();
    for refused in [
        manager
            .with_token(&user(1), &api, |token| api.ask(token))
            .await,
        manager
            .with_token_of(&found, &api, |token| api.ask(token))
            .await,
    ] {
        match refused {
            Err(CallError::NoToken(TokenError::Store(why))) => {
                assert!(is_misconfigured(&why), "{why:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(api.calls.load(Ordering::SeqCst), 0);
    assert_eq!(api.issued.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn refused_start_of_a_session_deletes_nothing() {
    let manager = Manager::new(Sessions::default());
    let _ = deliver(&manager, &user(1), "a").await;
    let refused = manager.start_session(&user(1), &expiring(900, 1)).await;
    assert!(matches!(refused, Err(Error::Store(why)) if is_misconfigured(&why)));
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn shared_store_without_tokens_still_has_none() {
    let shared: Arc<dyn StateStore> = Arc::new(Sessions::default());
    assert!(shared.tokens().is_none());
    let kept: Arc<dyn StateStore> = Arc::new(MemoryStore::new());
    assert!(kept.tokens().is_some());
}

#[cfg(feature = "vault")]
#[tokio::test(start_paused = true)]
async fn vault_over_a_store_without_tokens_has_none() {
    use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
    let keys = KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
    let vault = Vault::new(Sessions::default(), keys);
    let manager = Manager::new(vault);
    let _ = deliver(&manager, &user(1), "a").await;
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
    let refused = manager.set_jwt_token(&user(1), &expiring(900, 1)).await;
    assert!(matches!(refused, Err(Error::Store(why)) if is_misconfigured(&why)));
}

#[cfg(feature = "testing")]
#[test]
fn store_without_tokens_keeps_the_session_contract() {
    use vimbiso_state::store::conformance::{self, Capability};
    let report = conformance::run(async || Sessions::default(), &[Capability::PausedClock]);
    assert!(report.is_kept(), "{report}");
}
