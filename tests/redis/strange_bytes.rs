//! Keys that hold what this crate has not written, or no longer all that it has.

use harness::server::Server;
use harness::sessions::{
    Attempt, assert_applied, assert_discreet, begin, load, soon, state, text, user, write,
};
use redis::AsyncCommands;
use vimbiso_state::session::Corruption;
use vimbiso_state::store::{Claim, CommitOutcome, LeaseHolder, Session};
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

fn key(suffix: &str) -> String {
    format!("263771234567{suffix}")
}

#[tokio::test]
async fn a_key_of_another_type_is_left_untouched() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    for suffix in SUFFIXES {
        let _: () = redis::cmd("FLUSHALL")
            .query_async(&mut redis)
            .await
            .unwrap();
        let attempt = write(&store, r#"{"secret-state":1}"#).await;
        let next = begin(&store, r#"{"next":1}"#).await;
        let _: () = redis.del(key(suffix)).await.unwrap();
        let _: () = redis.rpush(key(suffix), "a stranger's").await.unwrap();
        let errors = [
            store.load(&user(), Some(&attempt.id), soon()).await.err(),
            next.send(&store, soon()).await.err(),
            store.resolve(&user(), &next.id, soon()).await.err(),
            store
                .acquire_refresh_lease(
                    &user(),
                    &LeaseHolder::random(),
                    harness::sessions::TTL,
                    soon(),
                )
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
        let met = errors.map(|error| error.is_some());
        let expected = match suffix {
            "_jwt_claim" => [false, false, false, true],
            // A commit that keeps the token does not look at it.
            "_jwt_token" => [true, false, false, false],
            "_done_0" | "_done_1" => [true, true, true, false],
            _ => [true, true, false, false],
        };
        assert_eq!(met, expected, "{suffix}");
        let list: Vec<String> = redis.lrange(key(suffix), 0, -1).await.unwrap();
        assert_eq!(list, ["a stranger's"], "{suffix}");
        if suffix != "_jwt_claim" && suffix != "_jwt_token" && !suffix.is_empty() {
            let state: String = redis.get(key("")).await.unwrap();
            assert_eq!(state, r#"{"secret-state":1}"#, "{suffix}");
        }
    }
}

#[tokio::test]
async fn a_recovery_does_not_drop_a_token_of_another_type() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let attempt = begin(&store, "{}").await;
    let _: () = redis
        .rpush(key("_jwt_token"), "a stranger's")
        .await
        .unwrap();
    let commit = vimbiso_state::store::Commit {
        drop_token: true,
        ..attempt.until(soon())
    };
    assert!(matches!(
        store.commit(&user(), commit).await,
        Err(StoreError::Corrupt { .. })
    ));
    assert_eq!(
        redis.keys::<_, Vec<String>>("*").await.unwrap(),
        [key("_jwt_token")]
    );
}

#[tokio::test]
async fn evicted_key_damages_and_next_commit_mends() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    for suffix in ["", "_stage", "_option", "_direction", "_version"] {
        write(&store, r#"{"kept":1}"#).await;
        let before = begin(&store, "{}").await;
        let _: () = redis.del(key(suffix)).await.unwrap();
        let found = load(&store).await;
        let Session::Corrupt {
            why,
            version,
            state: saved,
        } = &found.session
        else {
            panic!("{suffix}: {found:?}")
        };
        assert_eq!(*why, Corruption::Torn, "{suffix}");
        assert_eq!(version.is_some(), suffix != "_version");
        let text = saved.as_ref().map(|(_, text)| &**text);
        assert_eq!(
            text,
            (!matches!(suffix, "" | "_version")).then_some(r#"{"kept":1}"#),
            "{suffix}"
        );
        // What was decided on the whole session does not apply to what is left of it.
        assert!(
            matches!(
                before.send(&store, soon()).await,
                Ok(CommitOutcome::Conflict(_))
            ),
            "{suffix}"
        );
        assert_applied(
            &Attempt::on(&found, r#"{"mended":1}"#)
                .send(&store, soon())
                .await,
        );
        assert_eq!(
            state(&store).await.as_deref(),
            Some(r#"{"mended":1}"#),
            "{suffix}"
        );
    }
}

#[tokio::test]
async fn junk_is_damage_and_never_a_panic() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    for suffix in ["", "_stage", "_option", "_direction", "_version"] {
        for junk in [&b"\xff\xfe\x00"[..], b"1 2 3", b" ", b"two words \n"] {
            write(&store, "{}").await;
            let _: () = redis.set(key(suffix), junk).await.unwrap();
            let found = load(&store).await;
            match found.session {
                Session::Corrupt {
                    why: Corruption::Record,
                    ..
                } => {}
                // Whether a text is a state, the flow knows.
                Session::Live(_) if suffix.is_empty() && junk != b"\xff\xfe\x00" => {}
                ref other => panic!("{suffix} {junk:?}: {other:?}"),
            }
            assert_applied(&Attempt::on(&found, "{}").send(&store, soon()).await);
        }
    }
    let _: () = redis.set(key("_jwt_token"), b"\xff").await.unwrap();
    assert_eq!(load(&store).await.token, None);
    let _: () = redis.set(key("_jwt_claim"), b"\xff").await.unwrap();
    let claim = store
        .acquire_refresh_lease(
            &user(),
            &LeaseHolder::random(),
            harness::sessions::TTL,
            soon(),
        )
        .await
        .unwrap();
    assert_eq!(claim, Lease::Won);
}

#[tokio::test]
async fn damaged_commit_id_is_neither_applied_nor_unknown() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let attempt = begin(&store, "{}").await;
    for hash in ["_done_0", "_done_1"] {
        let _: () = redis
            .hset(key(hash), attempt.id.to_string(), b"\xffjunk")
            .await
            .unwrap();
    }
    assert!(matches!(
        store.load(&user(), Some(&attempt.id), soon()).await,
        Err(StoreError::Corrupt { .. })
    ));
    assert!(matches!(
        attempt.send(&store, soon()).await,
        Err(StoreError::Corrupt { .. })
    ));
    assert!(matches!(
        store.resolve(&user(), &attempt.id, soon()).await,
        Err(StoreError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn commit_is_resolved_although_session_is_overwritten() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let applied = write(&store, "{}").await;
    let given_up = begin(&store, "{}").await;
    let _ = store.resolve(&user(), &given_up.id, soon()).await.unwrap();
    let _: () = redis.setrange(key(""), 1 << 20, "x").await.unwrap();
    assert!(matches!(
        applied.send(&store, soon()).await,
        Ok(CommitOutcome::Applied(None))
    ));
    assert!(matches!(
        given_up.send(&store, soon()).await,
        Ok(CommitOutcome::Fenced)
    ));
    let another = Attempt {
        id: applied.id,
        ..given_up
    };
    assert!(matches!(
        another.send(&store, soon()).await,
        Err(StoreError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_unread() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    for suffix in [
        "",
        "_stage",
        "_option",
        "_direction",
        "_jwt_token",
        "_version",
    ] {
        write(&store, "{}").await;
        let stale = begin(&store, "{}").await;
        write(&store, "{}").await;
        let _: () = redis.setrange(key(suffix), 100 << 20, "x").await.unwrap();
        let _: () = redis::cmd("CONFIG")
            .arg("RESETSTAT")
            .query_async(&mut redis)
            .await
            .unwrap();
        for error in [
            store.load(&user(), None, soon()).await.err(),
            stale.send(&store, soon()).await.err(),
        ] {
            let error = error.unwrap();
            assert!(
                matches!(error, StoreError::TooLarge { .. }),
                "{suffix}: {error:?}"
            );
            assert!(text(&error).len() < 300);
        }
        let stats: String = redis::cmd("INFO")
            .arg("stats")
            .query_async(&mut redis)
            .await
            .unwrap();
        let sent = stats
            .lines()
            .find_map(|line| line.strip_prefix("total_net_output_bytes:"))
            .unwrap();
        assert!(
            sent.trim().parse::<u64>().unwrap() < 1 << 20,
            "{suffix}: {sent}"
        );
        store.delete(&user(), soon()).await.unwrap();
    }
}
