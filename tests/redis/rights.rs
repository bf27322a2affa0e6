//! The rights that the guide gives a bot: enough for all it does, and asked for before it does anything.

use std::time::Duration;

use harness::desk::Manager;
use harness::server::Server;
use harness::sessions::{
    Attempt, TTL, assert_applied, assert_discreet, begin, load, soon, user, write,
};
use redis::aio::MultiplexedConnection;
use vimbiso_state::Step;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, ExpectedToken, LeaseHolder, StoredToken, TokenPut,
};
use vimbiso_state::{
    CommitId, Error, JwtToken, MessageId, RedisStore, StateManager, StateStore, StoreError,
};

/// The words of the guide's rule.
fn rule() -> Vec<&'static str> {
    let guide = include_str!("../../src/guide/redis.md");
    guide
        .split('`')
        .find(|code| code.starts_with("ACL SETUSER bot on "))
        .unwrap()
        .split_whitespace()
        .collect()
}

/// Gives the bot these rights and no other.
async fn give(redis: &mut MultiplexedConnection, rules: &[&str]) {
    let () = redis::cmd("ACL")
        .arg("SETUSER")
        .arg("bot")
        .arg("reset")
        .arg(rules)
        .query_async(redis)
        .await
        .unwrap();
}

async fn connect(server: &Server, layout: KeyLayout) -> Result<RedisStore, Error> {
    let url = server.url().replace("redis://", "redis://bot:password@");
    RedisStore::builder()
        .namespace("bank")
        .layout(layout)
        .connect(url)
        .await
}

#[tokio::test]
async fn conversation_needs_only_the_rights_in_the_readme() {
    let server = Server::start();
    let mut redis = server.raw().await;
    give(&mut redis, &rule()[3..]).await;
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        for known in [false, true] {
            if !known {
                // Every script is sent in full once.
                let () = redis::cmd("SCRIPT")
                    .arg("FLUSH")
                    .query_async(&mut redis)
                    .await
                    .unwrap();
            }
            let store = connect(&server, layout).await.unwrap();
            talk(&StateManager::new(store.clone())).await;
            call(&store).await;
            store.delete(&user(), soon()).await.unwrap();
        }
    }
    let keys: u64 = redis::cmd("DBSIZE").query_async(&mut redis).await.unwrap();
    assert_eq!(keys, 0);
}

/// As a host does.
async fn talk(manager: &Manager) {
    let (user, message) = (user(), MessageId::new("wamid.1").unwrap());
    for duplicate in [false, true] {
        let handled = manager
            .handle(&user, &message, |turn| turn.remember_reply(&1))
            .await
            .unwrap();
        assert_eq!(handled.is_duplicate(), duplicate);
    }
    manager
        .set_jwt_token(
            &user,
            &JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").unwrap(),
        )
        .await
        .unwrap();
    assert!(manager.load(&user).await.unwrap().jwt_token().is_some());
    let _ = manager.reset_state(&user).await.unwrap();
    assert_eq!(
        manager.resolve(&user, &CommitId::random()).await.unwrap(),
        CommitStatus::Fenced
    );
    manager.delete(&user).await.unwrap();
}

/// What a host does in its worst hours.
async fn call(store: &RedisStore) {
    let first = write(store, "{}").await;
    assert_eq!(
        store.resolve(&user(), &first.id, soon()).await.unwrap(),
        CommitStatus::Applied(first.record.version)
    );
    let token = StoredToken::new("eyJ.e30.c2ln");
    let owner = LeaseHolder::random();
    assert_eq!(
        store
            .acquire_refresh_lease(&user(), &owner, TTL, soon())
            .await
            .unwrap(),
        Lease::Won
    );
    for expected in [
        ExpectedToken::Absent,
        ExpectedToken::Any,
        ExpectedToken::Exactly(&token),
    ] {
        let put = TokenPut {
            token: Some(&token),
            expected,
            ttl: TTL,
            release: Some(&owner),
            deadline: soon(),
        };
        let _ = store.put_token(&user(), put).await.unwrap();
    }
    let put = TokenPut {
        token: None,
        expected: ExpectedToken::Any,
        ttl: TTL,
        release: None,
        deadline: soon(),
    };
    let _ = store.put_token(&user(), put).await.unwrap();
    // One that takes the option and the token away, and one whose lifetime ends before its TTL.
    let bare = begin(store, "{}").await;
    let record = vimbiso_state::session::Record {
        option: None,
        ..vimbiso_state::Record::clone(&bare.record)
    };
    let bare = Attempt {
        record: record.into(),
        ..bare
    };
    let dropping = CommitRequest {
        drop_token: true,
        max_lifetime: Duration::from_millis(1),
        ..bare.until(soon())
    };
    assert!(matches!(
        store.commit(&user(), dropping).await,
        Ok(CommitOutcome::Applied(_))
    ));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let found = load(store).await;
    assert_applied(&Attempt::on(&found, "{}").send(store, soon()).await);
    assert!(matches!(
        Attempt::on(&found, "{}").send(store, soon()).await,
        Ok(CommitOutcome::Conflict(_))
    ));
}

#[tokio::test]
async fn each_right_is_asked_for_when_a_store_connects() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let rules = &rule()[3..];
    for missing in rules.iter().filter(|rule| rule.starts_with(['+', '~'])) {
        let rest: Vec<_> = rules
            .iter()
            .filter(|rule| *rule != missing)
            .copied()
            .collect();
        give(&mut redis, &rest).await;
        // Where all scripts are known, and where none is.
        for flush in [false, true] {
            if flush {
                let () = redis::cmd("SCRIPT")
                    .arg("FLUSH")
                    .query_async(&mut redis)
                    .await
                    .unwrap();
            }
            match connect(&server, KeyLayout::FiveKeys).await {
                // Without INFO a store warns, and HELLO is everybody's.
                Ok(_) => assert!(
                    matches!(*missing, "+info" | "+hello"),
                    "works without {missing}"
                ),
                Err(error) => {
                    assert!(
                        matches!(error, Error::Store(StoreError::Denied { .. })),
                        "{missing}: {error:?}"
                    );
                    assert_discreet(&error);
                }
            }
        }
    }
    let keys: u64 = redis::cmd("DBSIZE").query_async(&mut redis).await.unwrap();
    assert_eq!(keys, 0);
}
