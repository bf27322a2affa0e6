//! A `delete`, a token put over anything, or the release of a lease that is late, lost or held up.
//! Once it is answered, no copy of it takes effect on what is written later.

use std::time::Duration;

use harness::assert_matches;
use harness::command::{disconnect_others, executions};
use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use harness::sessions::{
    TTL, acquire_lease, data, load, put, soon, token, tokens, user, within, write,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::time::{sleep, timeout};
use vimbiso_state::store::{
    CommitOutcome, ExpectedToken, Lease, LeaseHolder, StoredToken, TokenOutcome, TokenPut,
};
use vimbiso_state::{RedisStore, StateStore, StoreError};

const SECOND: Duration = Duration::from_secs(1);

struct World {
    server: Server,
    proxy: Proxy,
    store: RedisStore,
}

impl World {
    async fn new() -> Self {
        let server = Server::start();
        let proxy = Proxy::before(server.port()).await;
        // A connection that is silent for 100 ms is replaced.
        let store = RedisStore::builder()
            .response_timeout(Duration::from_millis(100))
            .connect(proxy.url())
            .await
            .unwrap();
        Self {
            server,
            proxy,
            store,
        }
    }

    /// Writes a session and deletes the user, with this mishap on the way.
    async fn delete(&self, mishap: Mishap, time: Duration) -> Result<(), StoreError> {
        write(&self.store, r#"{"old":true}"#).await;
        self.proxy.once(mishap);
        let deleted = self.store.delete(&user(), within(time)).await;
        assert!(self.proxy.has_struck());
        deleted
    }

    async fn put(
        &self,
        token: Option<&str>,
        expected: ExpectedToken<'_>,
        time: Duration,
    ) -> Result<TokenOutcome, StoreError> {
        let token = token.map(StoredToken::new);
        let put = TokenPut {
            expected,
            deadline: within(time),
            ..put(token.as_ref())
        };
        tokens(&self.store).put_token(&user(), put).await
    }

    /// Puts a token, or none, over any other.
    async fn put_any(&self, token: Option<&str>) {
        let stored = self.put(token, ExpectedToken::Any, SECOND * 5).await;
        assert_matches!(stored, Ok(TokenOutcome::Stored));
    }

    async fn token(&self) -> Option<String> {
        let token = token(&self.store).await;
        token.map(|token| token.expose().to_owned())
    }
}

/// How many UNLINKs the server has executed.
async fn deletions(redis: &mut MultiplexedConnection) -> u64 {
    executions(redis, "unlink").await
}

#[tokio::test]
async fn delayed_delete_fails_despite_another_connection() {
    let world = World::new().await;
    let deleted = world.delete(Mishap::RequestHeld, SECOND).await;
    // This overtakes the request that is held.
    let attempt = write(&world.store, r#"{"new":true}"#).await;
    let mut redis = world.server.raw().await;
    let before = deletions(&mut redis).await;
    world.proxy.let_go();
    let arrival = async {
        while deletions(&mut redis).await == before {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SECOND * 10, arrival)
        .await
        .expect("the held request arrives");
    // The late copy has removed the new session, so the call must not have succeeded.
    assert_eq!(data(&world.store).await, None);
    assert_matches!(deleted, Err(StoreError::Unavailable { .. }));
    // As the caller was told: it may have been carried out, and may be called again.
    world.store.delete(&user(), soon()).await.unwrap();
    let again = load(&world.store).await;
    assert!(again.session.version().is_none(), "{again:?}");
    let outcome = attempt.send(&world.store, soon()).await;
    assert_matches!(outcome, Ok(CommitOutcome::Conflict(_)));
}

#[tokio::test]
async fn delete_on_a_lost_connection_fails_and_repeats() {
    for mishap in [
        Mishap::RequestLost,
        Mishap::RequestTorn,
        Mishap::ReplyLost,
        Mishap::ReplyCut,
        Mishap::ReplyTorn,
    ] {
        let world = World::new().await;
        let deleted = world.delete(mishap, SECOND).await;
        assert!(
            matches!(deleted, Err(StoreError::Unavailable { .. })),
            "{mishap:?}: {deleted:?}"
        );
        world.store.delete(&user(), soon()).await.unwrap();
        assert_eq!(data(&world.store).await, None, "{mishap:?}");
    }
}

#[tokio::test]
async fn a_delete_that_is_only_late_is_waited_for() {
    for mishap in [Mishap::RequestLate(SECOND), Mishap::ReplyLate(SECOND)] {
        let world = World::new().await;
        let mut redis = world.server.raw().await;
        let before = deletions(&mut redis).await;
        world.delete(mishap, SECOND * 10).await.unwrap();
        assert_eq!(deletions(&mut redis).await, before + 1, "{mishap:?}");
        let attempt = write(&world.store, r#"{"new":true}"#).await;
        sleep(SECOND / 2).await;
        // No second copy comes.
        assert_eq!(deletions(&mut redis).await, before + 1, "{mishap:?}");
        let version = load(&world.store).await.session.version();
        assert_eq!(version, Some(attempt.record.version), "{mishap:?}");
    }
}

#[tokio::test]
async fn delayed_token_fails_despite_another_connection() {
    let world = World::new().await;
    for held in [Some("older"), None] {
        world.proxy.once(Mishap::RequestHeld);
        let stored = world.put(held, ExpectedToken::Any, SECOND).await;
        assert!(world.proxy.has_struck());
        // This overtakes the request that is held.
        world.put_any(Some("newer")).await;
        world.proxy.let_go();
        let arrival = async {
            while world.token().await.as_deref() == Some("newer") {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(SECOND * 10, arrival)
            .await
            .expect("the held request arrives");
        // The late copy has replaced the newer token, so the call must not have succeeded.
        assert_matches!(stored, Err(StoreError::Unavailable { .. }));
    }
    // As the caller was told: it may be called again.
    world.put_any(Some("newer")).await;
    assert_eq!(world.token().await.as_deref(), Some("newer"));
}

#[tokio::test]
async fn delayed_first_token_fails_and_outlives_a_logout() {
    let world = World::new().await;
    world.put_any(None).await;
    world.proxy.once(Mishap::RequestHeld);
    let stored = world
        .put(Some("first"), ExpectedToken::Absent, SECOND)
        .await;
    world.put_any(None).await;
    world.proxy.let_go();
    let arrival = async {
        while world.token().await.is_none() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SECOND * 10, arrival)
        .await
        .expect("the held request arrives");
    // The late copy brings the token back after the logout, so the call must not have succeeded.
    assert_matches!(stored, Err(StoreError::Unavailable { .. }));
}

#[tokio::test]
async fn delayed_release_fails_and_ends_a_newer_lease() {
    let world = World::new().await;
    let holder = acquire_lease(&world.store, TTL).await;
    // From now on the server knows the script, so that a copy needs no second request.
    tokens(&world.store)
        .release_refresh_lease(&user(), &LeaseHolder::random(), soon())
        .await
        .unwrap();
    world.proxy.once(Mishap::RequestHeld);
    let released = tokens(&world.store)
        .release_refresh_lease(&user(), &holder, within(SECOND))
        .await;
    assert!(world.proxy.has_struck());
    // This overtakes the request that is held, and starts the lease anew.
    let lease = tokens(&world.store)
        .acquire_refresh_lease(&user(), &holder, TTL, within(SECOND * 5))
        .await;
    assert_matches!(lease, Ok(Lease::Acquired));
    let mut redis = world.server.raw().await;
    world.proxy.let_go();
    let arrival = async {
        while redis.exists("263771234567_jwt_claim").await.unwrap() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SECOND * 10, arrival)
        .await
        .expect("the held request arrives");
    // The late copy has ended the newer lease, so the call must not have succeeded.
    assert_matches!(released, Err(StoreError::Unavailable { .. }));
}

#[tokio::test]
async fn delete_survives_a_connection_closed_while_idle() {
    let world = World::new().await;
    disconnect_others(&mut world.server.raw().await).await;
    sleep(SECOND / 2).await;
    world.store.delete(&user(), soon()).await.unwrap();
}
