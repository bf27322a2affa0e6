//! What happens to a token in the middle of a refresh: a logout that succeeds is final, and a claim is left to nobody.

use std::sync::Arc;

use harness::desk::{Manager, user};
use harness::midway::{At, Midway};
use harness::tokens::{Api, Down, expiring, put, stands};
use tokio::sync::Notify;
use vimbiso_state::store::{Claim, ExpectedToken, LeaseHolder, TokenPut};
use vimbiso_state::token::{CallError, TokenError};
use vimbiso_state::{MemoryStore, StateStore, StoreError, UserId};

struct Place {
    store: MemoryStore,
    midway: Midway,
    manager: Manager,
    api: Arc<Api>,
}

impl Place {
    fn new() -> Self {
        let store = MemoryStore::new();
        let midway = Midway::new(store.clone());
        Self {
            store,
            midway: midway.clone(),
            manager: Manager::new(midway),
            api: Api::new(),
        }
    }

    async fn call(&self) -> Result<String, CallError<Down>> {
        self.manager
            .with_token(&user(1), &self.api, |token| self.api.ask(token))
            .await
    }

    fn logout(
        &self,
        forget: bool,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let manager = self.manager.clone();
        async move {
            let out = if forget {
                manager.delete(&user(1)).await
            } else {
                manager.clear_jwt_token(&user(1)).await
            };
            out.unwrap();
            Ok(())
        }
    }

    /// As if the token's own time were over.
    fn end(&self) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let store = self.store.clone();
        async move { remove(&store, &user(1)).await }
    }

    async fn stands(&self) -> Option<String> {
        stands(&self.store, &user(1)).await
    }

    /// Whether another process may refresh at once: a claim that is released may last a moment.
    async fn is_free(&self) -> bool {
        soon().await;
        let deadline = tokio::time::Instant::now();
        let claim = self
            .store
            .acquire_refresh_lease(
                &user(1),
                &LeaseHolder::random(),
                std::time::Duration::from_secs(1),
                deadline,
            )
            .await;
        claim.unwrap() == Lease::Won
    }
}

async fn remove(store: &MemoryStore, user: &UserId) -> Result<(), StoreError> {
    let (ttl, deadline) = (std::time::Duration::ZERO, tokio::time::Instant::now());
    store
        .put_token(
            user,
            TokenPut {
                token: None,
                expected: ExpectedToken::Any,
                ttl,
                release: None,
                deadline,
            },
        )
        .await
        .map(drop)
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        what: "a cable".into(),
        source: None,
    }
}

async fn soon() {
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
}

#[tokio::test(start_paused = true)]
async fn logout_before_the_refresh_reads_is_not_undone() {
    for forget in [true, false] {
        let place = Place::new();
        let logout = place.logout(forget);
        place.midway.once(At::Claimed, async {
            logout.await?;
            soon().await;
            Ok(())
        });
        place.call().await.unwrap();
        assert_eq!((place.stands().await, place.api.issued()), (None, 1));
        assert!(place.is_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_between_two_tries_to_put_is_not_undone() {
    for forget in [true, false] {
        let place = Place::new();
        put(&place.store, &user(1), &expiring(-1, 7)).await;
        place.midway.once(At::Put, place.end());
        place.midway.once(At::HasPut, place.logout(forget));
        place.call().await.unwrap();
        assert_eq!(place.stands().await, None);
        assert!(place.is_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_overtakes_a_put_is_not_undone() {
    for (forget, answered) in [(true, true), (false, true), (true, false), (false, false)] {
        let place = Place::new();
        place.midway.once(At::Put, place.logout(forget));
        // The logout's own, and the one of the token.
        if !forget {
            place.midway.once(At::HasPut, async { Ok(()) });
        }
        place.midway.once(At::HasPut, async move {
            if answered { Ok(()) } else { Err(unavailable()) }
        });
        place.call().await.unwrap();
        assert_eq!(place.stands().await, None, "{forget} {answered}");
        assert!(place.is_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn refresh_within_a_logout_stores_nothing() {
    let (place, go) = (Place::new(), Arc::new(Notify::new()));
    let held = Arc::clone(&go);
    place.midway.once(At::HasPut, async move {
        held.notified().await;
        Ok(())
    });
    let logout = tokio::spawn(place.logout(false));
    soon().await;
    place.call().await.unwrap();
    go.notify_one();
    logout.await.unwrap().unwrap();
    assert_eq!(place.stands().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_refresh_after_a_logout_stores_its_token() {
    let place = Place::new();
    place.logout(false).await.unwrap();
    let used = place.call().await.unwrap();
    assert_eq!(place.stands().await, Some(used));
    assert!(place.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn a_newer_token_than_the_refresh_s_is_not_taken_back() {
    let (place, newer) = (Place::new(), expiring(3600, 8));
    let (manager, set) = (place.manager.clone(), newer.clone());
    place.midway.once(At::HasPut, async move {
        manager.set_jwt_token(&user(1), &set).await.unwrap();
        Ok(())
    });
    place.call().await.unwrap();
    assert_eq!(place.stands().await.as_deref(), Some(newer.expose()));
}

#[tokio::test(start_paused = true)]
async fn failed_read_releases_the_claim_at_once() {
    let place = Place::new();
    let midway = place.midway.clone();
    place.midway.once(At::Claimed, async move {
        midway.once(At::Load, async { Err(unavailable()) });
        Ok(())
    });
    let called = place.call().await;
    assert!(
        matches!(called, Err(CallError::NoToken(TokenError::Store(_)))),
        "{called:?}"
    );
    assert!(place.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn failed_put_releases_the_claim_at_once() {
    // Each time something else stands there, and is no better; or the store fails.
    for fails in [true, false] {
        let place = Place::new();
        for number in 0..3 {
            let store = place.store.clone();
            place.midway.once(At::Put, async move {
                put(&store, &user(1), &expiring(-1, number)).await;
                if fails { Err(unavailable()) } else { Ok(()) }
            });
        }
        place.call().await.unwrap();
        assert!(place.stands().await.is_some());
        assert!(place.is_free().await);
    }
}
