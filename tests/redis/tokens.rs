//! Tokens and their leases: which keys and commands a call needs.

use std::time::Duration;

use harness::assert_matches;
use harness::command::{executions, run};
use harness::server::Server;
use harness::sessions::{TTL, acquire_lease, load, put, soon, token, tokens, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::{KeyLayout, Lease, LeaseHolder, StoredToken, TokenOutcome};
use vimbiso_state::{RedisStore, StateStore};

const LAYOUTS: [KeyLayout; 2] = [KeyLayout::FiveKeys, KeyLayout::OneKey];

async fn connect(server: &Server, layout: KeyLayout) -> (RedisStore, MultiplexedConnection) {
    let builder = RedisStore::builder().layout(layout);
    let store = builder.connect(server.url()).await.unwrap();
    (store, server.raw().await)
}

/// How often the server has executed any of the commands that read a session or a token.
async fn reads(redis: &mut MultiplexedConnection) -> [u64; 4] {
    let mut reads = [0; 4];
    for (count, command) in reads
        .iter_mut()
        .zip(["getrange", "hget", "exec", "evalsha"])
    {
        *count = executions(redis, command).await;
    }
    reads
}

#[tokio::test]
async fn reading_a_token_reads_the_token_key_alone() {
    for layout in LAYOUTS {
        let server = Server::start();
        let (store, mut redis) = connect(&server, layout).await;
        write(&store, r#"{"large":"session"}"#).await;
        let stored = StoredToken::new("eyJ.e30.c2ln");
        let outcome = tokens(&store).put_token(&user(), put(Some(&stored))).await;
        assert_matches!(outcome, Ok(TokenOutcome::Stored));
        let before = reads(&mut redis).await;
        assert_eq!(token(&store).await, Some(stored));
        let [getrange, hget, exec, evalsha] = before;
        let expected = [getrange + 1, hget, exec, evalsha];
        assert_eq!(reads(&mut redis).await, expected, "{layout:?}");
    }
}

#[tokio::test]
async fn loading_a_session_reads_no_token() {
    for layout in LAYOUTS {
        let server = Server::start();
        let (store, mut redis) = connect(&server, layout).await;
        write(&store, "{}").await;
        let [before, ..] = reads(&mut redis).await;
        load(&store).await;
        let [without_token, ..] = reads(&mut redis).await;
        let () = redis.set("263771234567_jwt_token", "t").await.unwrap();
        load(&store).await;
        let [with_token, ..] = reads(&mut redis).await;
        // Every key is read by a GETRANGE of its own.
        let keys = if layout == KeyLayout::OneKey { 2 } else { 5 };
        assert_eq!(without_token - before, keys, "{layout:?}");
        assert_eq!(with_token - without_token, keys, "{layout:?}");
    }
}

#[tokio::test]
async fn a_token_survives_the_end_of_its_session() {
    let server = Server::start();
    let (store, mut redis) = connect(&server, KeyLayout::FiveKeys).await;
    write(&store, "{}").await;
    let stored = StoredToken::new("eyJ.e30.c2ln");
    let outcome = tokens(&store).put_token(&user(), put(Some(&stored))).await;
    assert_matches!(outcome, Ok(TokenOutcome::Stored));
    let session = "263771234567 263771234567_stage 263771234567_option 263771234567_direction";
    let removed: u64 = run(&mut redis, &format!("DEL {session}")).await;
    assert_eq!(removed, 4);
    assert_eq!(token(&store).await, Some(stored));
}

#[tokio::test]
async fn a_release_leaves_the_lease_of_another_holder() {
    let server = Server::start();
    let (store, mut redis) = connect(&server, KeyLayout::FiveKeys).await;
    let holder = acquire_lease(&store, TTL).await;
    let lease: String = redis.get("263771234567_jwt_claim").await.unwrap();
    let stranger = LeaseHolder::random();
    for _ in 0..2 {
        tokens(&store)
            .release_refresh_lease(&user(), &stranger, soon())
            .await
            .unwrap();
    }
    let after: String = redis.get("263771234567_jwt_claim").await.unwrap();
    assert_eq!(after, lease);
    let held = tokens(&store)
        .acquire_refresh_lease(&user(), &stranger, TTL, soon())
        .await;
    let Ok(Lease::Held { remaining }) = held else {
        panic!("{held:?}")
    };
    assert!(remaining > TTL - Duration::from_secs(5) && remaining <= TTL);

    tokens(&store)
        .release_refresh_lease(&user(), &holder, soon())
        .await
        .unwrap();
    let exists: bool = redis.exists("263771234567_jwt_claim").await.unwrap();
    assert!(!exists, "the holder's own release frees the lease");
    let acquired = tokens(&store)
        .acquire_refresh_lease(&user(), &stranger, TTL, soon())
        .await;
    assert_matches!(acquired, Ok(Lease::Acquired));
}

/// What the lease key holds after the server's clock was set back by so much: a real one, whose end
/// lies that much later.
async fn set_back(redis: &mut MultiplexedConnection, by: Duration) {
    let lease: String = redis.get("263771234567_jwt_claim").await.unwrap();
    let [holder, end, length] = lease.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let end = end.parse::<u128>().unwrap() + by.as_millis();
    let () = redis
        .set("263771234567_jwt_claim", format!("{holder} {end} {length}"))
        .await
        .unwrap();
    let _: bool = redis
        .pexpire_at("263771234567_jwt_claim", i64::try_from(end).unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lease_of_a_clock_that_went_back_is_over() {
    let length = Duration::from_millis(1500);
    for (by, is_over) in [
        (Duration::from_secs(3600), true),
        (Duration::from_secs(2), true),
        (Duration::from_millis(100), false),
        (Duration::from_secs(1_000_000_000), true),
    ] {
        let server = Server::start();
        let (store, mut redis) = connect(&server, KeyLayout::FiveKeys).await;
        let _dead = acquire_lease(&store, length).await;
        if by < length {
            // So that less than the whole length is left even on a busy machine.
            tokio::time::sleep(by * 2).await;
        }
        set_back(&mut redis, by).await;
        let next = LeaseHolder::random();
        let id = user();
        let ask = || tokens(&store).acquire_refresh_lease(&id, &next, length, soon());
        match ask().await.unwrap() {
            Lease::Acquired => assert!(is_over, "{by:?}"),
            Lease::Held { remaining } => assert!(!is_over && remaining <= length, "{by:?}"),
        }
        if is_over {
            let left: i64 = redis.pttl("263771234567_jwt_claim").await.unwrap();
            assert!(left <= 1500, "the key's expiry is right again: {left} ms");
            assert_matches!(ask().await, Ok(Lease::Acquired));
        }
    }
}

#[tokio::test]
async fn no_value_of_another_form_is_a_lease() {
    let server = Server::start();
    let (store, mut redis) = connect(&server, KeyLayout::FiveKeys).await;
    let now: u64 = 4_000_000_000_000;
    for value in [
        format!("00ab {now}"),
        format!("00ab {now} "),
        format!("00ab {now} 1500 1"),
        format!("00ab {now} -1500"),
        format!("00ab -{now} 1500"),
        format!("00ab {now}{now}{now} 1500"),
        "00ab 1e300 1500".into(),
        "00ab 0 0".into(),
        " ".into(),
    ] {
        let () = redis.set("263771234567_jwt_claim", &value).await.unwrap();
        let holder = acquire_lease(&store, TTL).await;
        let kept: String = redis.get("263771234567_jwt_claim").await.unwrap();
        assert!(kept.starts_with(&holder.to_string()), "{value}");
    }
}

#[tokio::test]
async fn a_release_touches_no_token_and_no_session() {
    let server = Server::start();
    let (store, mut redis) = connect(&server, KeyLayout::FiveKeys).await;
    let attempt = write(&store, "{}").await;
    let stored = StoredToken::new("eyJ.e30.c2ln");
    let outcome = tokens(&store).put_token(&user(), put(Some(&stored))).await;
    assert_matches!(outcome, Ok(TokenOutcome::Stored));
    let holder = acquire_lease(&store, TTL).await;
    let [before, ..] = reads(&mut redis).await;
    tokens(&store)
        .release_refresh_lease(&user(), &holder, soon())
        .await
        .unwrap();
    let [after, ..] = reads(&mut redis).await;
    assert_eq!(after - before, 1, "it reads the lease alone");
    assert_eq!(token(&store).await, Some(stored));
    let loaded = store.load(&user(), None, soon()).await.unwrap();
    assert_eq!(loaded.session.version(), Some(attempt.record.version));
}
