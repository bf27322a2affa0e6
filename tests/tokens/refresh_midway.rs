//! What happens in the middle of a refresh: a logout that succeeds is final, and no lease is left.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Manager, user};
use harness::hooked::Call;
use harness::hooks::{At, Midway};
use harness::tokens::{Api, expiring, put, stored};
use tokio::sync::Notify;
use tokio::time::Instant;
use vimbiso_state::store::{ExpectedToken, Lease, LeaseHolder, TokenPut, TokenStore};
use vimbiso_state::token::{CallError, TokenError};
use vimbiso_state::{MemoryStore, StoreError};

const PUT: At = At::Before(Call::PutToken);
const AFTER_PUT: At = At::After(Call::PutToken);
const ACQUIRED: At = At::After(Call::AcquireLease);

struct Scene {
    store: MemoryStore,
    midway: Midway,
    manager: Manager,
    api: Arc<Api>,
}

impl Scene {
    fn new() -> Self {
        let store = MemoryStore::new();
        let hooked = Midway::new(store.clone());
        Self {
            store,
            midway: hooked.hook.clone(),
            manager: Manager::new(hooked),
            api: Api::new(),
        }
    }

    async fn call(&self) -> Result<String, CallError> {
        self.manager
            .with_token(&user(1), &self.api, |token| self.api.ask(token))
            .await
    }

    /// A logout, by deleting the user or by clearing the token.
    fn logout(
        &self,
        delete: bool,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let manager = self.manager.clone();
        async move {
            let done = match delete {
                true => manager.delete(&user(1)).await,
                false => manager.clear_jwt_token(&user(1)).await,
            };
            done.unwrap();
            Ok(())
        }
    }

    /// Removes the token, as if it had expired.
    fn expire(&self) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let store = self.store.clone();
        async move {
            let put = TokenPut {
                token: None,
                expected: ExpectedToken::Any,
                ttl: Duration::ZERO,
                deadline: Instant::now(),
            };
            store.put_token(&user(1), put).await.map(drop)
        }
    }

    async fn stored(&self) -> Option<String> {
        stored(&self.store, &user(1)).await
    }

    /// Whether another process can acquire the lease at once.
    async fn is_lease_free(&self) -> bool {
        let other = LeaseHolder::random();
        let second = Duration::from_secs(1);
        let lease = self
            .store
            .acquire_refresh_lease(&user(1), &other, second, Instant::now())
            .await;
        lease.unwrap() == Lease::Acquired
    }
}

fn unavailable() -> StoreError {
    StoreError::unavailable("a cable")
}

#[tokio::test(start_paused = true)]
async fn logout_before_the_refresh_reads_is_not_undone() {
    for delete in [true, false] {
        let scene = Scene::new();
        scene.midway.once(ACQUIRED, scene.logout(delete));
        scene.call().await.unwrap();
        assert_eq!((scene.stored().await, scene.api.issued()), (None, 1));
        assert!(scene.is_lease_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn logout_between_two_puts_is_not_undone() {
    for delete in [true, false] {
        let scene = Scene::new();
        put(&scene.store, &user(1), &expiring(-1, 7)).await;
        scene.midway.once(PUT, scene.expire());
        scene.midway.once(AFTER_PUT, scene.logout(delete));
        scene.call().await.unwrap();
        assert_eq!(scene.stored().await, None);
        assert!(scene.is_lease_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn logout_that_overtakes_a_put_is_not_undone() {
    for (delete, answered) in [(true, true), (false, true), (true, false), (false, false)] {
        let scene = Scene::new();
        scene.midway.once(PUT, scene.logout(delete));
        if !delete {
            // The put of the logout itself comes first.
            scene.midway.once(AFTER_PUT, async { Ok(()) });
        }
        scene.midway.once(AFTER_PUT, async move {
            if answered { Ok(()) } else { Err(unavailable()) }
        });
        scene.call().await.unwrap();
        assert_eq!(scene.stored().await, None, "{delete} {answered}");
        assert!(scene.is_lease_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn refresh_within_a_logout_stores_nothing() {
    let scene = Scene::new();
    let go = Arc::new(Notify::new());
    let held = Arc::clone(&go);
    scene.midway.once(AFTER_PUT, async move {
        held.notified().await;
        Ok(())
    });
    let logout = tokio::spawn(scene.logout(false));
    tokio::time::sleep(Duration::from_millis(2)).await;
    scene.call().await.unwrap();
    go.notify_one();
    logout.await.unwrap().unwrap();
    assert_eq!(scene.stored().await, None);
}

#[tokio::test(start_paused = true)]
async fn refresh_after_a_logout_stores_its_token() {
    let scene = Scene::new();
    scene.logout(false).await.unwrap();
    let used = scene.call().await.unwrap();
    assert_eq!(scene.stored().await, Some(used));
    assert!(scene.is_lease_free().await);
}

#[tokio::test(start_paused = true)]
async fn newer_token_than_that_of_the_refresh_is_kept() {
    let scene = Scene::new();
    let newer = expiring(3600, 8);
    let manager = scene.manager.clone();
    let set = newer.clone();
    scene.midway.once(AFTER_PUT, async move {
        manager.set_jwt_token(&user(1), &set).await.unwrap();
        Ok(())
    });
    scene.call().await.unwrap();
    assert_eq!(scene.stored().await.as_deref(), Some(newer.expose()));
}

#[tokio::test(start_paused = true)]
async fn failed_read_releases_the_lease_at_once() {
    let scene = Scene::new();
    let midway = scene.midway.clone();
    scene.midway.once(ACQUIRED, async move {
        midway.once(At::Before(Call::LoadToken), async { Err(unavailable()) });
        Ok(())
    });
    let called = scene.call().await;
    assert!(
        matches!(called, Err(CallError::NoToken(TokenError::Store(_)))),
        "{called:?}"
    );
    assert!(scene.is_lease_free().await);
}

#[tokio::test(start_paused = true)]
async fn failed_put_releases_the_lease_at_once() {
    // Each time another unusable token is stored; or the store fails too.
    for fails in [true, false] {
        let scene = Scene::new();
        for number in 0..3 {
            let store = scene.store.clone();
            scene.midway.once(PUT, async move {
                put(&store, &user(1), &expiring(-1, number)).await;
                if fails { Err(unavailable()) } else { Ok(()) }
            });
        }
        scene.call().await.unwrap();
        assert!(scene.stored().await.is_some());
        assert!(scene.is_lease_free().await);
    }
}

#[tokio::test(start_paused = true)]
async fn lost_release_is_waited_for_and_does_no_harm() {
    let scene = Scene::new();
    let release = At::Before(Call::ReleaseLease);
    scene.midway.once(release, async { Err(unavailable()) });
    let used = scene.call().await.unwrap();
    assert_eq!(scene.stored().await, Some(used));
    assert!(!scene.is_lease_free().await, "nothing was lost");
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(scene.is_lease_free().await);
}
