//! A `forget`, or a token put over anything, that is late, lost or held up: once one is answered, it strikes nothing that is
//! written after it.

use std::time::Duration;

use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use harness::sessions::{TTL, calls, load, soon, state, user, within, write};
use redis::aio::MultiplexedConnection;
use tokio::time::{sleep, timeout};
use vimbiso_state::store::{CommitOutcome, ExpectedToken, StoredToken, TokenOutcome, TokenPut};
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
        // Takes a connection for dead after 100 ms.
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

    /// Forgets the user of an old session, with a mishap on the way and this much patience.
    async fn delete(&self, mishap: Mishap, patience: Duration) -> Result<(), StoreError> {
        write(&self.store, r#"{"old":true}"#).await;
        self.proxy.once(mishap);
        let forgotten = self.store.delete(&user(), within(patience)).await;
        assert!(self.proxy.has_struck());
        forgotten
    }
}

#[tokio::test]
async fn delayed_forget_fails_despite_another_connection() {
    let world = World::new().await;
    let forgotten = world.delete(Mishap::RequestHeld, SECOND).await;
    // Past the one that is held.
    let attempt = write(&world.store, r#"{"new":true}"#).await;
    let mut server = world.server.raw().await;
    let before = deletions(&mut server).await;
    world.proxy.let_go();
    timeout(Duration::from_secs(10), async {
        while deletions(&mut server).await == before {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("what was held arrives");
    let taken = state(&world.store).await.is_none();
    assert!(taken, "nothing has shown why it had to fail");
    assert!(
        matches!(forgotten, Err(StoreError::Unavailable { .. })),
        "a forget that was answered took what came after it"
    );
    // As the caller was told: it may have been carried out, and may be asked for again.
    world.store.delete(&user(), soon()).await.unwrap();
    let again = load(&world.store).await;
    assert!(again.session.version().is_none(), "{again:?}");
    assert!(matches!(
        attempt.send(&world.store, soon()).await,
        Ok(CommitOutcome::Conflict(_))
    ));
}

#[tokio::test]
async fn forget_on_a_lost_connection_fails_and_repeats() {
    for mishap in [
        Mishap::RequestLost,
        Mishap::RequestTorn,
        Mishap::ReplyLost,
        Mishap::ReplyCut,
        Mishap::ReplyTorn,
    ] {
        let world = World::new().await;
        let forgotten = world.delete(mishap, SECOND).await;
        assert!(
            matches!(forgotten, Err(StoreError::Unavailable { .. })),
            "{mishap:?}: {forgotten:?}"
        );
        world.store.delete(&user(), soon()).await.unwrap();
        assert_eq!(state(&world.store).await, None, "{mishap:?}");
    }
}

#[tokio::test]
async fn a_forget_that_is_only_late_is_waited_for() {
    for mishap in [Mishap::RequestLate(SECOND), Mishap::ReplyLate(SECOND)] {
        let world = World::new().await;
        let mut server = world.server.raw().await;
        let before = deletions(&mut server).await;
        world.delete(mishap, SECOND * 10).await.unwrap();
        // None comes after this.
        let carried_out = deletions(&mut server).await;
        assert_eq!(carried_out, before + 1, "{mishap:?}");
        let attempt = write(&world.store, r#"{"new":true}"#).await;
        sleep(SECOND / 2).await;
        assert_eq!(deletions(&mut server).await, carried_out, "{mishap:?}");
        assert_eq!(
            load(&world.store).await.session.version(),
            Some(attempt.record.version),
            "{mishap:?}"
        );
    }
}

#[tokio::test]
async fn delayed_token_fails_despite_another_connection() {
    let world = World::new().await;
    let put = async |token: Option<&str>, expected, patience| {
        let (token, deadline) = (token.map(StoredToken::new), within(patience));
        let put = TokenPut {
            token: token.as_ref(),
            expected,
            ttl: TTL,
            release: None,
            deadline,
        };
        world.store.put_token(&user(), put).await
    };
    for held in [Some("older"), None] {
        world.proxy.once(Mishap::RequestHeld);
        let stored = put(held, ExpectedToken::Any, SECOND).await;
        assert!(world.proxy.has_struck());
        // Past the one that is held.
        assert_eq!(
            put(Some("newer"), ExpectedToken::Any, SECOND * 5)
                .await
                .unwrap(),
            TokenOutcome::Stored
        );
        world.proxy.let_go();
        let arrived = async {
            while token(&world.store).await.as_deref() == Some("newer") {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(SECOND * 10, arrived)
            .await
            .expect("what was held arrives");
        assert!(
            matches!(stored, Err(StoreError::Unavailable { .. })),
            "a token that was answered covered a newer one"
        );
    }
    // As the caller was told: it may be asked for again.
    assert_eq!(
        put(Some("newer"), ExpectedToken::Any, SECOND * 5)
            .await
            .unwrap(),
        TokenOutcome::Stored
    );
    assert_eq!(token(&world.store).await.as_deref(), Some("newer"));
    // A first token that was answered does not come again after a logout.
    assert_eq!(
        put(None, ExpectedToken::Any, SECOND * 5).await.unwrap(),
        TokenOutcome::Stored
    );
    world.proxy.once(Mishap::RequestHeld);
    let stored = put(Some("first"), ExpectedToken::Absent, SECOND).await;
    assert!(
        matches!(stored, Err(StoreError::Unavailable { .. })),
        "{stored:?}"
    );
    assert_eq!(
        put(None, ExpectedToken::Any, SECOND * 5).await.unwrap(),
        TokenOutcome::Stored
    );
    world.proxy.let_go();
    let arrived = async {
        while token(&world.store).await.is_none() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SECOND * 10, arrived)
        .await
        .expect("what was held arrives, and shows why it had to fail");
}

async fn token(store: &RedisStore) -> Option<String> {
    load(store)
        .await
        .token
        .map(|token| token.expose().to_owned())
}

#[tokio::test]
async fn forget_survives_a_connection_closed_while_idle() {
    let world = World::new().await;
    let mut redis = world.server.raw().await;
    let mut kill = redis::cmd("CLIENT");
    kill.arg("KILL")
        .arg("TYPE")
        .arg("normal")
        .arg("SKIPME")
        .arg("yes");
    let _: u64 = kill.query_async(&mut redis).await.unwrap();
    sleep(SECOND / 2).await;
    world.store.delete(&user(), soon()).await.unwrap();
}

/// How many DELs the server has carried out.
async fn deletions(server: &mut MultiplexedConnection) -> u64 {
    calls(server, "del").await
}
