//! Keys that hold values of another program, or have lost some of their own.

use harness::assert_matches;
use harness::command::{run, statistic};
use harness::server::Server;
use harness::sessions::{
    Attempt, TTL, assert_applied, assert_discreet, data, load, prepare, put, soon, text, token,
    tokens, user, write,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::Corruption;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Session, StoredToken,
};
use vimbiso_state::{RedisStore, StateStore, StoreError};

const SUFFIXES: [&str; 9] = [
    "",
    "_stage",
    "_option",
    "_direction",
    "_jwt_token",
    "_jwt_claim",
    "_version",
    "_done_0",
    "_done_1",
];

async fn five_keys(server: &Server) -> (RedisStore, MultiplexedConnection) {
    let store = RedisStore::connect(server.url()).await.unwrap();
    (store, server.raw().await)
}

fn key(suffix: &str) -> String {
    format!("263771234567{suffix}")
}

#[tokio::test]
async fn a_key_of_another_type_is_left_untouched() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    let new_token = StoredToken::new("eyJ.e30.c2ln");
    let holder = LeaseHolder::random();
    for suffix in SUFFIXES {
        let () = run(&mut redis, "FLUSHALL").await;
        let attempt = write(&store, r#"{"secret-state":1}"#).await;
        let next = prepare(&store, r#"{"next":1}"#).await;
        let () = redis.del(key(suffix)).await.unwrap();
        let () = redis.rpush(key(suffix), "a stranger's").await.unwrap();
        let tokens = tokens(&store);
        let errors = [
            store.load(&user(), Some(&attempt.id), soon()).await.err(),
            next.send(&store, soon()).await.err(),
            store.resolve(&user(), &next.id, soon()).await.err(),
            tokens.load_token(&user(), soon()).await.err(),
            tokens.put_token(&user(), put(Some(&new_token))).await.err(),
            tokens
                .acquire_refresh_lease(&user(), &holder, TTL, soon())
                .await
                .err(),
            tokens
                .release_refresh_lease(&user(), &holder, soon())
                .await
                .err(),
        ];
        for error in errors.iter().flatten() {
            assert!(
                matches!(error, StoreError::Corrupt { .. }),
                "{suffix}: {error:?}"
            );
            assert_discreet(error);
        }
        // The calls for the session, for the token and for the lease.
        let expected = match suffix {
            "_jwt_token" => [false, false, false, true, true, false, false],
            "_jwt_claim" => [false, false, false, false, false, true, true],
            "_done_0" | "_done_1" => [true, true, true, false, false, false, false],
            // To resolve a commit, its record alone is read if commit ids are kept.
            _ => [true, true, false, false, false, false, false],
        };
        let failed = errors.map(|error| error.is_some());
        assert_eq!(failed, expected, "{suffix}");
        let list: Vec<String> = redis.lrange(key(suffix), 0, -1).await.unwrap();
        assert_eq!(list, ["a stranger's"], "{suffix}");
        if expected[1] && !suffix.is_empty() {
            let kept: String = redis.get(key("")).await.unwrap();
            assert_eq!(kept, r#"{"secret-state":1}"#, "{suffix}");
        }
    }
}

#[tokio::test]
async fn a_recovery_does_not_drop_a_token_of_another_type() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    let attempt = prepare(&store, "{}").await;
    let token = key("_jwt_token");
    let () = redis.rpush(&token, "a stranger's").await.unwrap();
    let request = CommitRequest {
        drop_token: true,
        ..attempt.request(soon())
    };
    let outcome = store.commit(&user(), request).await;
    assert_matches!(outcome, Err(StoreError::Corrupt { .. }));
    let keys: Vec<String> = run(&mut redis, "KEYS *").await;
    assert_eq!(keys, [token]);
}

#[tokio::test]
async fn evicted_key_corrupts_and_next_commit_mends() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    for suffix in ["", "_stage", "_option", "_direction", "_version"] {
        write(&store, r#"{"kept":1}"#).await;
        let decided_before = prepare(&store, "{}").await;
        let () = redis.del(key(suffix)).await.unwrap();
        let loaded = load(&store).await;
        let Session::Corrupt {
            why, version, data, ..
        } = &loaded.session
        else {
            panic!("{suffix}: {loaded:?}")
        };
        assert_eq!(*why, Corruption::Torn, "{suffix}");
        assert_eq!(version.is_some(), suffix != "_version");
        let data = data.as_ref().map(|(_, text)| &**text);
        let is_left = !matches!(suffix, "" | "_version");
        assert_eq!(data, is_left.then_some(r#"{"kept":1}"#), "{suffix}");
        // What was decided on the whole session does not apply to the rest of it.
        let outcome = decided_before.send(&store, soon()).await;
        assert_matches!(outcome, Ok(CommitOutcome::Conflict(_)));
        let mended = Attempt::on(&loaded, r#"{"mended":1}"#);
        assert_applied(&mended.send(&store, soon()).await);
        let now = load(&store).await.session;
        assert_matches!(now, Session::Live(record) if &*record.data == r#"{"mended":1}"#);
    }
}

#[tokio::test]
async fn junk_corrupts_and_never_panics() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    for suffix in ["", "_stage", "_option", "_direction", "_version"] {
        for junk in [&b"\xff\xfe\x00"[..], b"1 2 3", b" ", b"two words \n"] {
            write(&store, "{}").await;
            let () = redis.set(key(suffix), junk).await.unwrap();
            let loaded = load(&store).await;
            match loaded.session {
                Session::Corrupt {
                    why: Corruption::Record,
                    ..
                } => {}
                // Only the flow knows whether a text is its data.
                Session::Live(_) if suffix.is_empty() && junk != b"\xff\xfe\x00" => {}
                ref other => panic!("{suffix} {junk:?}: {other:?}"),
            }
            assert_applied(&Attempt::on(&loaded, "{}").send(&store, soon()).await);
        }
    }
    let () = redis.set(key("_jwt_token"), b"\xff").await.unwrap();
    assert_eq!(token(&store).await, None);
    let () = redis.set(key("_jwt_claim"), b"\xff").await.unwrap();
    let lease = tokens(&store)
        .acquire_refresh_lease(&user(), &LeaseHolder::random(), TTL, soon())
        .await;
    assert_matches!(lease, Ok(Lease::Acquired));
}

#[tokio::test]
async fn corrupt_commit_id_is_neither_applied_nor_unknown() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    let attempt = prepare(&store, "{}").await;
    let id = attempt.id.to_string();
    for hash in ["_done_0", "_done_1"] {
        let () = redis.hset(key(hash), &id, b"\xffjunk").await.unwrap();
    }
    for error in [
        store.load(&user(), Some(&attempt.id), soon()).await.err(),
        attempt.send(&store, soon()).await.err(),
        store.resolve(&user(), &attempt.id, soon()).await.err(),
    ] {
        assert_matches!(error, Some(StoreError::Corrupt { .. }));
    }
}

#[tokio::test]
async fn commit_is_resolved_although_session_is_overwritten() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    let applied = write(&store, "{}").await;
    let given_up = prepare(&store, "{}").await;
    let resolved = store.resolve(&user(), &given_up.id, soon()).await;
    assert_matches!(resolved, Ok(CommitStatus::Fenced));
    let () = redis.setrange(key(""), 1 << 20, "x").await.unwrap();
    let outcome = applied.send(&store, soon()).await;
    assert_matches!(outcome, Ok(CommitOutcome::Applied(None)));
    let outcome = given_up.send(&store, soon()).await;
    assert_matches!(outcome, Ok(CommitOutcome::Fenced));
    let another = Attempt {
        id: applied.id,
        ..given_up
    };
    let outcome = another.send(&store, soon()).await;
    assert_matches!(outcome, Err(StoreError::TooLarge { .. }));
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_unread() {
    let server = Server::start();
    let (store, mut redis) = five_keys(&server).await;
    for suffix in [
        "",
        "_stage",
        "_option",
        "_direction",
        "_jwt_token",
        "_version",
    ] {
        write(&store, "{}").await;
        let stale = prepare(&store, "{}").await;
        write(&store, "{}").await;
        let () = redis.setrange(key(suffix), 100 << 20, "x").await.unwrap();
        let sent_before = statistic(&mut redis, "total_net_output_bytes").await;
        let errors = if suffix == "_jwt_token" {
            // No other call reads it.
            assert_eq!(data(&store).await.as_deref(), Some("{}"));
            vec![tokens(&store).load_token(&user(), soon()).await.err()]
        } else {
            vec![
                store.load(&user(), None, soon()).await.err(),
                stale.send(&store, soon()).await.err(),
            ]
        };
        for error in errors {
            let error = error.expect("the call is refused");
            assert!(
                matches!(error, StoreError::TooLarge { .. }),
                "{suffix}: {error:?}"
            );
            assert!(text(&error).len() < 300);
        }
        let sent = statistic(&mut redis, "total_net_output_bytes").await - sent_before;
        assert!(sent < 1 << 20, "{suffix}: {sent} bytes");
        store.delete(&user(), soon()).await.unwrap();
    }
}
