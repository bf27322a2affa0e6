//! The layout of one key a session: its bytes, its expiry, and what it makes of bytes that are not its own.

use std::time::Duration;

use harness::server::Server;
use harness::sessions::{
    Attempt, TTL, assert_applied, assert_discreet, begin, load, soon, state, user, write,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::Corruption;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::store::{Commit, CommitOutcome, Precondition, Session};
use vimbiso_state::{RedisStore, StateStore, StoreError};

use crate::stored_bytes::{ID, dump, everything, recorded, wheel};

const SESSION: &str = "263771234567";

async fn one_key(server: &Server) -> (RedisStore, MultiplexedConnection) {
    let store = RedisStore::builder()
        .layout(KeyLayout::OneKey)
        .connect(server.url())
        .await
        .unwrap();
    (store, server.raw().await)
}

#[tokio::test]
async fn the_keys_and_their_values_are_these() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    let owner = everything(&store).await;
    let line = format!(
        "1 1 0000000000000000000000000000feed 15 <ms> 1 handle_action_menu handle_action_menu {ID} tier_1:offer,accept"
    );
    let expected = [
        (
            SESSION.to_owned(),
            format!("{line} OUT\n{{\"page_number\":1}}"),
        ),
        (format!("{SESSION}_version"), line),
        (format!("{SESSION}_jwt_token"), "eyJ.e30.c2ln".to_owned()),
        (format!("{SESSION}_jwt_claim"), format!("{owner} <ms>")),
        (
            format!("{SESSION}_done_{}", wheel(store.retention()) % 2),
            recorded(&store),
        ),
    ];
    assert_eq!(dump(&mut redis).await, expected.into());
    store.delete(&user(), soon()).await.unwrap();
    assert!(dump(&mut redis).await.is_empty());
}

#[tokio::test]
async fn every_key_expires_in_its_time() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    write(&store, "{}").await;
    for lives_on in [false, true] {
        for (suffix, most) in [("", TTL), ("_version", store.retention())] {
            let left: u64 = redis.pttl(format!("{SESSION}{suffix}")).await.unwrap();
            let most = most.as_millis() as u64;
            assert!(
                (most - 5000..=most).contains(&left),
                "{suffix}, lives on: {lives_on}: {left} of {most}"
            );
        }
        let done = format!("{SESSION}_done_{}", wheel(store.retention()) % 2);
        assert!(
            redis.pttl::<_, i64>(done).await.unwrap() > store.retention().as_millis() as i64 - 5000
        );
        write(&store, "{}").await;
    }
}

#[tokio::test]
async fn lifetime_ends_for_a_busy_session_too() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    for _ in 0..2 {
        let attempt = begin(&store, "{}").await;
        let commit = CommitRequest {
            ttl: TTL,
            max_lifetime: TTL / 3,
            ..attempt.until(soon())
        };
        assert!(matches!(
            store.commit(&user(), commit).await.unwrap(),
            CommitOutcome::Applied(_)
        ));
        let left: u64 = redis.pttl(SESSION).await.unwrap();
        assert!(left <= (TTL / 3).as_millis() as u64, "{left}");
    }
    let attempt = begin(&store, "{}").await;
    let over = CommitRequest {
        max_lifetime: Duration::from_millis(1),
        ..attempt.until(soon())
    };
    assert!(matches!(
        store.commit(&user(), over).await.unwrap(),
        CommitOutcome::Applied(_)
    ));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(matches!(load(&store).await.session, Session::Expired(_)));
}

#[tokio::test]
async fn a_session_that_lost_its_trace_is_whole() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    write(&store, r#"{"a":1}"#).await;
    let () = redis.del(format!("{SESSION}_version")).await.unwrap();
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"a":1}"#));
    write(&store, r#"{"a":2}"#).await;
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"a":2}"#));
}

#[tokio::test]
async fn second_expired_session_is_not_the_one_decided_on() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    write(&store, r#"{"a":1}"#).await;
    let () = redis.del(SESSION).await.unwrap();
    let slow = begin(&store, r#"{"slow":1}"#).await;
    write(&store, r#"{"a":2}"#).await;
    let () = redis.del(SESSION).await.unwrap();
    let refused = slow.send(&store, soon()).await.unwrap();
    assert!(
        matches!(refused, CommitOutcome::Conflict(found) if matches!(found.session, Session::Expired(_)))
    );
}

#[tokio::test]
async fn session_of_the_other_layout_is_refused_and_kept() {
    let server = Server::start();
    let (one, mut redis) = one_key(&server).await;
    let five = RedisStore::connect(server.url()).await.unwrap();
    for (writes, reads) in [(&one, &five), (&five, &one)] {
        let () = redis::cmd("FLUSHALL")
            .query_async(&mut redis)
            .await
            .unwrap();
        let stale = begin(reads, r#"{"secret-state":2}"#).await;
        write(writes, r#"{"secret-state":1}"#).await;
        let before = dump(&mut redis).await;
        for error in [
            reads.load(&user(), None, soon()).await.err(),
            stale.send(reads, soon()).await.err(),
        ] {
            let error = error.expect("it should have been refused");
            assert!(
                matches!(error, StoreError::Misconfigured { .. }),
                "{error:?}"
            );
            assert!(error.to_string().contains("other key layout"), "{error}");
            assert_discreet(&error);
        }
        assert_eq!(dump(&mut redis).await, before);
    }
}

#[tokio::test]
async fn a_key_of_another_type_is_left_untouched() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    for (suffix, read, committed) in [
        ("", true, true),
        ("_version", true, true),
        ("_jwt_token", true, false),
        ("_done_0", true, true),
        ("_done_1", true, true),
    ] {
        let () = redis::cmd("FLUSHALL")
            .query_async(&mut redis)
            .await
            .unwrap();
        let attempt = write(&store, "{}").await;
        let next = begin(&store, r#"{"next":1}"#).await;
        let key = format!("{SESSION}{suffix}");
        let () = redis.del(&key).await.unwrap();
        let () = redis.rpush(&key, "a stranger's").await.unwrap();
        let outcomes = [
            store.load(&user(), Some(&attempt.id), soon()).await.err(),
            next.send(&store, soon()).await.err(),
        ];
        let met = outcomes
            .each_ref()
            .map(|error| matches!(error, Some(StoreError::Corrupt { .. })));
        assert_eq!(met, [read, committed], "{suffix}: {outcomes:?}");
        assert_eq!(
            redis.lrange::<_, Vec<String>>(&key, 0, -1).await.unwrap(),
            ["a stranger's"],
            "{suffix}"
        );
    }
}

#[tokio::test]
async fn junk_is_recovered_and_a_newer_format_left_alone() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    for junk in [
        &b"junk"[..],
        b"1 42 junk OUT\n{}",
        b"\xff\xfe",
        &[b'x'; 60_000],
    ] {
        let () = redis.set(SESSION, junk).await.unwrap();
        let found = load(&store).await;
        assert!(
            matches!(
                found.session,
                Session::Corrupt {
                    why: Corruption::Record,
                    ..
                }
            ),
            "{:?}",
            found.session
        );
        assert_applied(&Attempt::on(&found, "{}").send(&store, soon()).await);
        assert_eq!(state(&store).await.as_deref(), Some("{}"));
    }
    let () = redis
        .set(SESSION, "2 of a later release\n{}")
        .await
        .unwrap();
    assert!(matches!(
        load(&store).await.session,
        Session::Newer { found: 2, known: 1 }
    ));
}

#[tokio::test]
async fn a_basis_of_another_store_is_refused() {
    let server = Server::start();
    let (store, _) = one_key(&server).await;
    for words in [vec![], vec![0; 9], vec![1; 9], vec![0; 25], vec![1; 25]] {
        let attempt = Attempt {
            basis: Precondition::new(words),
            ..begin(&store, "{}").await
        };
        let refused = attempt.send(&store, soon()).await;
        assert!(
            matches!(
                refused,
                Ok(CommitOutcome::Conflict(_)) | Err(StoreError::Misconfigured { .. })
            ),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_unread() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    let next = begin(&store, "{}").await;
    for suffix in ["", "_version"] {
        let key = format!("{SESSION}{suffix}");
        let _: usize = redis.setrange(&key, 100 << 20, "x").await.unwrap();
        let before: String = redis::cmd("INFO")
            .arg("stats")
            .query_async(&mut redis)
            .await
            .unwrap();
        for error in [
            store.load(&user(), None, soon()).await.err(),
            next.send(&store, soon()).await.err(),
        ] {
            assert!(
                matches!(error, Some(StoreError::TooLarge { .. })),
                "{suffix}: {error:?}"
            );
        }
        let after: String = redis::cmd("INFO")
            .arg("stats")
            .query_async(&mut redis)
            .await
            .unwrap();
        let sent = |info: &str| -> u64 {
            info.lines()
                .find_map(|line| line.strip_prefix("total_net_output_bytes:"))
                .unwrap()
                .trim()
                .parse()
                .unwrap()
        };
        assert!(sent(&after) - sent(&before) < 1 << 20);
        let () = redis.del(&key).await.unwrap();
    }
}
