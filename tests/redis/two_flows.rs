//! Two bots on one server without a namespace: the second one is refused, and changes no byte.

use harness::assert_matches;
use harness::command::run;
use harness::desk::{Desk, OtherDesk, applied, deliver, message, user};
use harness::server::Server;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{Error, JwtToken, RedisStore, SessionStatus, StateManager, Step, StoreError};

use crate::contents::contents;

const LAYOUTS: [KeyLayout; 2] = [KeyLayout::FiveKeys, KeyLayout::OneKey];

struct Bots {
    desk: StateManager<Desk>,
    other: StateManager<OtherDesk>,
    redis: MultiplexedConnection,
    _server: Server,
}

/// Both bots, and a session of the first one with a token.
async fn bots(layout: KeyLayout) -> Bots {
    let server = Server::start();
    let store = RedisStore::builder().layout(layout);
    let store = store.connect(server.url()).await.unwrap();
    let desk = StateManager::<Desk>::new(store.clone());
    let _ = deliver(&desk, &user(1), "a").await;
    let token = JwtToken::new("opaque").unwrap();
    desk.set_jwt_token(&user(1), &token).await.unwrap();
    Bots {
        desk,
        other: StateManager::new(store),
        redis: server.raw().await,
        _server: server,
    }
}

impl Bots {
    /// Every call of the other bot that would change the session or the token is refused.
    async fn assert_refused(&mut self, situation: &str) {
        let before = contents(&mut self.redis).await;
        let token = JwtToken::new("another").unwrap();
        let keep = |_: &mut _| Ok(Step::Commit(()));
        let user = user(1);
        for error in [
            self.other.handle(&user, &message("b"), keep).await.err(),
            self.other.begin(&user, &message("b")).await.err(),
            self.other
                .update_state(&user, "job", |_| Ok(()))
                .await
                .err(),
            self.other.reset_state(&user).await.err(),
            self.other.set_jwt_token(&user, &token).await.err(),
            self.other.clear_jwt_token(&user).await.err(),
            self.other.start_session(&user, &token).await.err(),
        ] {
            let Some(Error::Store(error @ StoreError::Misconfigured { .. })) = error else {
                panic!("{situation}: {error:?}")
            };
            let text = error.to_string();
            assert!(
                text.contains("`desk`") && text.contains("`other_desk`"),
                "{text}"
            );
        }
        assert_eq!(contents(&mut self.redis).await, before, "{situation}");
    }
}

#[tokio::test]
async fn live_session_of_another_flow_keeps_every_byte() {
    for layout in LAYOUTS {
        let mut bots = bots(layout).await;
        bots.assert_refused("live").await;
        assert_eq!(applied(&bots.desk, &user(1)).await, ["a"]);
    }
}

#[tokio::test]
async fn tombstone_of_another_flow_keeps_every_byte() {
    for layout in LAYOUTS {
        let mut bots = bots(layout).await;
        let id = user(1).expose().to_owned();
        for suffix in ["", "_stage", "_option", "_direction"] {
            let () = bots.redis.del(format!("{id}{suffix}")).await.unwrap();
        }
        bots.assert_refused("expired").await;
        let found = bots.desk.load(&user(1)).await.unwrap();
        assert_matches!(found.status(), SessionStatus::Expired { .. });
    }
}

#[tokio::test]
async fn torn_session_of_another_flow_keeps_every_byte() {
    let mut bots = bots(KeyLayout::FiveKeys).await;
    let id = user(1).expose().to_owned();
    let () = bots.redis.del(format!("{id}_stage")).await.unwrap();
    bots.assert_refused("torn").await;
}

#[tokio::test]
async fn damaged_line_of_another_flow_keeps_every_byte() {
    for layout in LAYOUTS {
        let mut bots = bots(layout).await;
        let id = user(1).expose().to_owned();
        // The line's own key; with one key, the session's too, which begins with the line.
        let key = match layout {
            KeyLayout::FiveKeys => format!("{id}_version"),
            KeyLayout::OneKey => id,
        };
        let at = "1 desk 1 00000000000000000000000000000000 1".len();
        let () = bots.redis.setrange(key, at as isize, "?").await.unwrap();
        bots.assert_refused("damaged").await;
    }
}

#[tokio::test]
async fn session_overwritten_whole_is_known_by_its_line() {
    let mut bots = bots(KeyLayout::OneKey).await;
    let () = bots.redis.set(user(1).expose(), "junk").await.unwrap();
    bots.assert_refused("overwritten").await;
}

#[tokio::test]
async fn each_bot_has_its_session_in_a_namespace_of_its_own() {
    let server = Server::start();
    let in_namespace = async |namespace: &str| {
        let store = RedisStore::builder().namespace(namespace);
        store.connect(server.url()).await.unwrap()
    };
    let desk = StateManager::<Desk>::new(in_namespace("desk").await);
    let other = StateManager::<OtherDesk>::new(in_namespace("other").await);
    let _ = deliver(&desk, &user(1), "a").await;
    let keep = |_: &mut _| Ok(Step::Commit(()));
    let handled = other.handle(&user(1), &message("a"), keep).await;
    assert!(!handled.unwrap().is_duplicate());
    assert_eq!(applied(&desk, &user(1)).await, ["a"]);
}

#[tokio::test]
async fn delete_removes_a_session_of_another_flow() {
    let mut bots = bots(KeyLayout::FiveKeys).await;
    bots.other.delete(&user(1)).await.unwrap();
    let keys: Vec<String> = run(&mut bots.redis, "KEYS *").await;
    assert!(keys.is_empty(), "{keys:?}");
}
