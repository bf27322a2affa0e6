//! The rights that the documentation gives for sessions and tokens: enough, and each checked when a
//! store connects.

use std::path::Path;
use std::time::Duration;

use harness::assert_matches;
use harness::command::{run, run_words};
use harness::desk::{Manager, message};
use harness::server::Server;
use harness::sessions::{
    Attempt, TTL, acquire_lease, assert_applied, assert_discreet, load, prepare, put, soon, tokens,
    user, write,
};
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, ExpectedToken, KeyLayout, StoredToken, TokenPut,
};
use vimbiso_state::{
    CommitId, Error, JwtToken, RedisStore, StateManager, StateStore, Step, StoreError,
};

/// The documents that state the rights.
const DOCUMENTS: [&str; 2] = ["src/guide/redis.md", "SECURITY.md"];

/// The rights in a document: those of sessions and tokens, and those that a bot needs beside them.
fn rights_in(document: &str) -> [Vec<String>; 2] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(document)).unwrap();
    let mut rules = text.split("ACL SETUSER bot ").skip(1).map(|rule| {
        let rule = rule.split('`').next().unwrap_or_default();
        rule.split_whitespace().map(str::to_owned).collect()
    });
    let rights = [(); 2].map(|()| rules.next().expect(document));
    assert_eq!(rules.next(), None, "{document}");
    rights
}

/// What sessions and tokens need.
pub fn rights() -> Vec<String> {
    rights_in(DOCUMENTS[0])[0].clone()
}

/// What a bot needs beside that.
pub fn rights_of_a_bot() -> Vec<String> {
    rights_in(DOCUMENTS[0])[1].clone()
}

#[test]
fn all_documents_state_the_same_rights() {
    for document in DOCUMENTS {
        assert_eq!(rights_in(document), rights_in(DOCUMENTS[0]), "{document}");
    }
}

/// The URL of this server for the user who has the rights.
pub fn as_bot(url: String) -> String {
    url.replace("redis://", "redis://bot:password@")
}

/// Gives the bot these rights and no others.
pub async fn grant(redis: &mut MultiplexedConnection, rights: &[String]) {
    let mut words = ["ACL", "SETUSER", "bot", "reset"]
        .map(str::to_owned)
        .to_vec();
    words.extend_from_slice(rights);
    let () = run_words(redis, &words).await;
}

pub async fn connect(server: &Server, layout: KeyLayout) -> Result<RedisStore, Error> {
    RedisStore::builder()
        .namespace("bank")
        .layout(layout)
        .connect(as_bot(server.url()))
        .await
}

#[tokio::test]
async fn the_documented_rights_are_enough() {
    let server = Server::start();
    let mut redis = server.raw().await;
    grant(&mut redis, &rights()).await;
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        for scripts_are_known in [false, true] {
            if !scripts_are_known {
                let () = run(&mut redis, "SCRIPT FLUSH").await;
            }
            let store = connect(&server, layout).await.unwrap();
            use_manager(&StateManager::new(store.clone())).await;
            use_store(&store).await;
            store.delete(&user(), soon()).await.unwrap();
        }
    }
    let keys: u64 = run(&mut redis, "DBSIZE").await;
    assert_eq!(keys, 0);
}

/// Every call of a host.
async fn use_manager(manager: &Manager) {
    let user = user();
    for is_duplicate in [false, true] {
        let handled = manager
            .handle(&user, &message("wamid.1"), |turn| {
                turn.remember_reply(&1)?;
                Ok(Step::Commit(()))
            })
            .await
            .unwrap();
        assert_eq!(handled.is_duplicate(), is_duplicate);
    }
    let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").unwrap();
    manager.set_jwt_token(&user, &token).await.unwrap();
    let loaded = manager.load(&user).await.unwrap();
    assert!(loaded.jwt_token().is_some());
    manager.start_session(&user, &token).await.unwrap();
    let _ = manager.reset_state(&user).await.unwrap();
    let status = manager.resolve(&user, &CommitId::random()).await.unwrap();
    assert_eq!(status, CommitStatus::Fenced);
    manager.delete(&user).await.unwrap();
}

/// What a manager asks of a store when other processes or the network interfere.
async fn use_store(store: &RedisStore) {
    let first = write(store, "{}").await;
    let status = store.resolve(&user(), &first.id, soon()).await.unwrap();
    assert_matches!(status, CommitStatus::Applied { .. });
    let token = StoredToken::new("eyJ.e30.c2ln");
    let holder = acquire_lease(store, TTL).await;
    for expected in [
        ExpectedToken::Absent,
        ExpectedToken::Any,
        ExpectedToken::Exactly(&token),
    ] {
        let put = TokenPut {
            expected,
            ..put(Some(&token))
        };
        let _ = tokens(store).put_token(&user(), put).await.unwrap();
    }
    tokens(store)
        .release_refresh_lease(&user(), &holder, soon())
        .await
        .unwrap();
    let _ = tokens(store).put_token(&user(), put(None)).await.unwrap();
    // A commit that removes the option and the token, and whose lifetime ends before its TTL.
    let attempt = prepare(store, "{}").await;
    let without_option = Record {
        option: None,
        ..Record::clone(&attempt.record)
    };
    let attempt = Attempt {
        record: without_option.into(),
        ..attempt
    };
    let request = CommitRequest {
        drop_token: true,
        max_lifetime: Duration::from_millis(1),
        ..attempt.request(soon())
    };
    assert_applied(&store.commit(&user(), request).await);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let loaded = load(store).await;
    assert_applied(&Attempt::on(&loaded, "{}").send(store, soon()).await);
    let late = Attempt::on(&loaded, "{}").send(store, soon()).await;
    assert_matches!(late, Ok(CommitOutcome::Conflict(_)));
}

#[tokio::test]
async fn each_right_is_checked_when_a_store_connects() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let rights = rights();
    for missing in rights.iter().filter(|right| right.starts_with(['+', '~'])) {
        let others: Vec<_> = rights
            .iter()
            .filter(|right| *right != missing)
            .cloned()
            .collect();
        grant(&mut redis, &others).await;
        for scripts_are_known in [true, false] {
            if !scripts_are_known {
                let () = run(&mut redis, "SCRIPT FLUSH").await;
            }
            match connect(&server, KeyLayout::FiveKeys).await {
                // Without INFO a store warns.
                Ok(_) => assert_eq!(missing, "+info", "needless"),
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
    let keys: u64 = run(&mut redis, "DBSIZE").await;
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn rights_to_a_namespace_of_two_words_are_enough() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let rights = rights().join(" ").replace("~bank:*", "~bot:prod_1:*");
    let rights: Vec<_> = rights.split(' ').map(str::to_owned).collect();
    grant(&mut redis, &rights).await;
    let url = as_bot(server.url());
    let connect = async |namespace: &str| {
        let builder = RedisStore::builder().namespace(namespace);
        builder.connect(url.as_str()).await
    };
    use_store(&connect("bot:prod_1").await.unwrap()).await;
    let refused = connect("bot:prod").await;
    assert_matches!(refused, Err(Error::Store(StoreError::Denied { .. })));
}
