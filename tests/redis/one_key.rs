//! The layout of one key for a session: its bytes, its expiry, and values that are not its own.

use std::time::Duration;

use harness::assert_matches;
use harness::command::{run, statistic};
use harness::server::Server;
use harness::sessions::{
    Attempt, TTL, assert_applied, assert_discreet, data, load, prepare, soon, user, write,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::Corruption;
use vimbiso_state::store::{CommitOutcome, CommitRequest, KeyLayout, Precondition, Session};
use vimbiso_state::{RedisStore, StateStore, StoreError};

use crate::stored_bytes::{done_suffix, dump, recorded, version_line, write_all_keys};

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
async fn keys_and_values_are_golden() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    let holder = write_all_keys(&store).await;
    let line = version_line();
    let expected = [
        ("", format!("{line} OUT\n{{\"page_number\":1}}")),
        ("_version", line),
        ("_jwt_token", "eyJ.e30.c2ln".to_owned()),
        ("_jwt_claim", format!("{holder} <ms> 100000")),
        (&done_suffix(&store), recorded(&store)),
    ]
    .map(|(suffix, value)| (format!("{SESSION}{suffix}"), value));
    assert_eq!(dump(&mut redis).await, expected.into());
    store.delete(&user(), soon()).await.unwrap();
    assert!(dump(&mut redis).await.is_empty());
}

#[tokio::test]
async fn every_key_expires_in_its_time() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    write(&store, "{}").await;
    for goes_on in [false, true] {
        for (suffix, ttl) in [("", TTL), ("_version", store.retention())] {
            let left: u64 = redis.pttl(format!("{SESSION}{suffix}")).await.unwrap();
            let ttl = ttl.as_millis() as u64;
            assert!(
                (ttl - 5000..=ttl).contains(&left),
                "{suffix}, goes on: {goes_on}: {left} of {ttl}"
            );
        }
        let done = format!("{SESSION}{}", done_suffix(&store));
        let left: i64 = redis.pttl(done).await.unwrap();
        assert!(left > store.retention().as_millis() as i64 - 5000, "{left}");
        write(&store, "{}").await;
    }
}

#[tokio::test]
async fn max_lifetime_ends_a_busy_session() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    let commit = async |max_lifetime| {
        let attempt = prepare(&store, "{}").await;
        let request = CommitRequest {
            max_lifetime,
            ..attempt.request(soon())
        };
        assert_applied(&store.commit(&user(), request).await);
    };
    for _ in 0..2 {
        commit(TTL / 3).await;
        let left: u64 = redis.pttl(SESSION).await.unwrap();
        assert!(left <= (TTL / 3).as_millis() as u64, "{left}");
    }
    commit(Duration::from_millis(1)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_matches!(load(&store).await.session, Session::Expired(_));
}

#[tokio::test]
async fn a_session_without_its_version_key_is_whole() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    write(&store, r#"{"a":1}"#).await;
    let () = redis.del(format!("{SESSION}_version")).await.unwrap();
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"a":1}"#));
    write(&store, r#"{"a":2}"#).await;
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"a":2}"#));
}

#[tokio::test]
async fn second_expired_session_is_not_the_one_decided_on() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    write(&store, r#"{"a":1}"#).await;
    let () = redis.del(SESSION).await.unwrap();
    let slow = prepare(&store, r#"{"slow":1}"#).await;
    write(&store, r#"{"a":2}"#).await;
    let () = redis.del(SESSION).await.unwrap();
    let outcome = slow.send(&store, soon()).await.unwrap();
    let CommitOutcome::Conflict(current) = outcome else {
        panic!("{outcome:?}")
    };
    assert_matches!(current.session, Session::Expired(_));
}

#[tokio::test]
async fn session_of_the_other_layout_is_refused_and_kept() {
    let server = Server::start();
    let (one, mut redis) = one_key(&server).await;
    let five = RedisStore::connect(server.url()).await.unwrap();
    for (writer, reader) in [(&one, &five), (&five, &one)] {
        let () = run(&mut redis, "FLUSHALL").await;
        let stale = prepare(reader, r#"{"secret-state":2}"#).await;
        write(writer, r#"{"secret-state":1}"#).await;
        let before = dump(&mut redis).await;
        for error in [
            reader.load(&user(), None, soon()).await.err(),
            stale.send(reader, soon()).await.err(),
        ] {
            let error = error.expect("the call is refused");
            assert_matches!(error, StoreError::Misconfigured { .. });
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
    for (suffix, load_fails, commit_fails) in [
        ("", true, true),
        ("_version", true, true),
        ("_jwt_token", false, false),
        ("_done_0", true, true),
        ("_done_1", true, true),
    ] {
        let () = run(&mut redis, "FLUSHALL").await;
        let attempt = write(&store, "{}").await;
        let next = prepare(&store, r#"{"next":1}"#).await;
        let key = format!("{SESSION}{suffix}");
        let () = redis.del(&key).await.unwrap();
        let () = redis.rpush(&key, "a stranger's").await.unwrap();
        let errors = [
            store.load(&user(), Some(&attempt.id), soon()).await.err(),
            next.send(&store, soon()).await.err(),
        ];
        let corrupt = |error: &Option<_>| matches!(error, Some(StoreError::Corrupt { .. }));
        let are_corrupt = errors.each_ref().map(corrupt);
        assert_eq!(
            are_corrupt,
            [load_fails, commit_fails],
            "{suffix}: {errors:?}"
        );
        let list: Vec<String> = redis.lrange(&key, 0, -1).await.unwrap();
        assert_eq!(list, ["a stranger's"], "{suffix}");
    }
}

#[tokio::test]
async fn junk_is_recovered_and_a_newer_format_left_alone() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    for junk in [
        &b"junk"[..],
        b"1 cafe 42 junk OUT\n{}",
        b"\xff\xfe",
        &[b'x'; 60_000],
    ] {
        let () = redis.set(SESSION, junk).await.unwrap();
        let loaded = load(&store).await;
        let Session::Corrupt { why, .. } = loaded.session else {
            panic!("{loaded:?}")
        };
        assert_eq!(why, Corruption::Record);
        assert_applied(&Attempt::on(&loaded, "{}").send(&store, soon()).await);
        assert_eq!(data(&store).await.as_deref(), Some("{}"));
    }
    let newer = "3 of a later release\n{}";
    let () = redis.set(SESSION, newer).await.unwrap();
    assert_matches!(
        load(&store).await.session,
        Session::Newer { found: 3, known: 2 }
    );
}

#[tokio::test]
async fn a_foreign_precondition_is_refused() {
    let server = Server::start();
    let (store, _) = one_key(&server).await;
    for bytes in [vec![], vec![0; 9], vec![1; 9], vec![0; 25], vec![1; 25]] {
        let attempt = Attempt {
            precondition: Precondition::new(bytes),
            ..prepare(&store, "{}").await
        };
        assert_matches!(
            attempt.send(&store, soon()).await,
            Ok(CommitOutcome::Conflict(_)) | Err(StoreError::Misconfigured { .. })
        );
    }
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_unread() {
    let server = Server::start();
    let (store, mut redis) = one_key(&server).await;
    let next = prepare(&store, "{}").await;
    for suffix in ["", "_version"] {
        let key = format!("{SESSION}{suffix}");
        let () = redis.setrange(&key, 100 << 20, "x").await.unwrap();
        let sent_before = statistic(&mut redis, "total_net_output_bytes").await;
        for error in [
            store.load(&user(), None, soon()).await.err(),
            next.send(&store, soon()).await.err(),
        ] {
            assert_matches!(error, Some(StoreError::TooLarge { .. }));
        }
        let sent = statistic(&mut redis, "total_net_output_bytes").await - sent_before;
        assert!(sent < 1 << 20, "{suffix}: {sent} bytes");
        let () = redis.del(&key).await.unwrap();
    }
}
