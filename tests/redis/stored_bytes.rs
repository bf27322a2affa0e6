//! What stands in Redis, byte for byte, and for how long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use harness::server::Server;
use harness::sessions::{Attempt, TTL, assert_applied, begin, load, soon, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, ExpectedToken, LeaseHolder, Session, StoredToken, TokenPut,
};
use vimbiso_state::{Direction, RedisStore, StateStore};

pub const ID: &str = "00000000000000000000000000000abc";

/// A session with a token and a claim, all of whose bytes are known but the clock's.
pub async fn everything(store: &RedisStore) -> LeaseHolder {
    let record = Record {
        version: Version {
            revision: 1,
            tag: 0xfeed,
        },
        commit_id: ID.parse().unwrap(),
        format: 1,
        stage: "handle_action_menu".into(),
        option: Some("handle_action_menu".into()),
        direction: Direction::Out,
        menu: Some("tier_1:offer,accept".into()),
        state: r#"{"page_number":1}"#.into(),
    };
    let attempt = Attempt {
        id: ID.parse().unwrap(),
        record: Arc::new(record),
        ..begin(store, "{}").await
    };
    let outcome = store
        .commit(
            &user(),
            CommitRequest {
                reply: Some(b"\"Hello\""),
                ..attempt.until(soon())
            },
        )
        .await;
    assert_applied(&outcome);
    let token = StoredToken::new("eyJ.e30.c2ln");
    let put = TokenPut {
        token: Some(&token),
        expected: ExpectedToken::Any,
        ttl: TTL / 2,
        release: None,
        deadline: soon(),
    };
    let _ = store.put_token(&user(), put).await.unwrap();
    let owner = LeaseHolder::random();
    assert_eq!(
        store
            .acquire_refresh_lease(&user(), &owner, TTL / 3, soon())
            .await
            .unwrap(),
        Lease::Won
    );
    owner
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64
}

/// Everything in the server, with what the clock says masked.
pub async fn dump(redis: &mut MultiplexedConnection) -> BTreeMap<String, String> {
    let keys: Vec<String> = redis.keys("*").await.unwrap();
    let mut dump = BTreeMap::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE")
            .arg(&key)
            .query_async(redis)
            .await
            .unwrap();
        let value = match kind.as_str() {
            "hash" => {
                let fields: BTreeMap<String, String> = redis.hgetall(&key).await.unwrap();
                fields
                    .into_iter()
                    .map(|(field, value)| field + "=" + &value)
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            _ => redis.get::<_, String>(&key).await.unwrap(),
        };
        let mask = |word: &str| match word.parse::<u64>() {
            Ok(ms) if ms.abs_diff(now()) < 600_000 => "<ms>".to_owned(),
            _ => word.to_owned(),
        };
        dump.insert(
            key,
            value.split(' ').map(mask).collect::<Vec<_>>().join(" "),
        );
    }
    dump
}

/// Which of the two hashes is written to now.
pub fn wheel(retention: Duration) -> u64 {
    now() / retention.as_millis() as u64
}

/// What the hash of this turn of the wheel holds after [`everything`].
pub fn recorded(store: &RedisStore) -> String {
    let till = (wheel(store.retention()) + 2) * store.retention().as_millis() as u64;
    format!(r#"={till} {ID}=1-0000000000000000000000000000feed "Hello" {till}="#)
}

#[tokio::test]
async fn the_keys_and_their_values_are_these() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let owner = everything(&store).await;
    let done = format!("263771234567_done_{}", wheel(store.retention()) % 2);
    let expected = [
        ("263771234567", r#"{"page_number":1}"#.to_owned()),
        ("263771234567_stage", "handle_action_menu".to_owned()),
        ("263771234567_option", "handle_action_menu".to_owned()),
        ("263771234567_direction", "OUT".to_owned()),
        ("263771234567_jwt_token", "eyJ.e30.c2ln".to_owned()),
        ("263771234567_jwt_claim", format!("{owner} <ms>")),
        (
            "263771234567_version",
            format!(
                "1 1 0000000000000000000000000000feed 15 <ms> 1 handle_action_menu handle_action_menu {ID} tier_1:offer,accept"
            ),
        ),
        (&done, recorded(&store)),
    ];
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    assert_eq!(dump(&mut server.raw().await).await, expected);
}

#[tokio::test]
async fn what_a_session_does_not_have_has_no_key() {
    let server = Server::start();
    let store = RedisStore::builder()
        .namespace("bank")
        .braces(true)
        .connect(server.url())
        .await
        .unwrap();
    write(&store, "{}").await;
    let next = begin(&store, "{}").await;
    let bare = Record {
        version: Version {
            revision: 2,
            tag: 1,
        },
        option: None,
        ..Record::clone(&next.record)
    };
    let next = Attempt {
        record: Arc::new(bare),
        ..next
    };
    assert_applied(&next.send(&store, soon()).await);
    let _ = store
        .resolve(&user(), &ID.parse().unwrap(), soon())
        .await
        .unwrap();
    let dump = dump(&mut server.raw().await).await;
    let keys: Vec<_> = dump
        .keys()
        .filter(|key| !key.contains("_done_"))
        .map(String::as_str)
        .collect();
    let prefix = "bank:{263771234567}";
    assert_eq!(
        keys,
        ["", "_direction", "_stage", "_version"].map(|suffix| format!("{prefix}{suffix}"))
    );
    let line = &dump[&format!("{prefix}_version")];
    let commit_id = next.record.commit_id;
    assert_eq!(
        *line,
        format!(
            "1 2 00000000000000000000000000000001 11 <ms> 1 handle_action_menu ~ {commit_id} ~"
        )
    );
    let done = &dump[&format!("{prefix}_done_{}", wheel(store.retention()) % 2)];
    assert!(done.contains(&format!("{ID}=fenced")), "{done}");
}

/// Expires-at of each key in Unix milliseconds. `None` on a server that has no PEXPIRETIME.
async fn expiries(redis: &mut MultiplexedConnection) -> Option<BTreeMap<String, i64>> {
    let mut expiries = BTreeMap::new();
    for key in redis.keys::<_, Vec<String>>("*").await.unwrap() {
        let at = redis::cmd("PEXPIRETIME").arg(&key).query_async(redis).await;
        let Ok(at) = at else {
            eprintln!("SKIPPED: PEXPIRETIME is of Redis 7, and this server has none");
            return None;
        };
        expiries.insert(key.strip_prefix("263771234567").unwrap().to_owned(), at);
    }
    Some(expiries)
}

#[tokio::test]
async fn keys_of_a_session_expire_in_one_millisecond() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let before = now();
    let began = wheel(store.retention());
    everything(&store).await;
    let Some(at) = expiries(&mut server.raw().await).await else {
        return;
    };
    let after = now();
    let from = |key: &str| at[key] as u64;
    let about = |key: &str, ttl: Duration| {
        let ttl = ttl.as_millis() as u64;
        assert!(
            (before + ttl..=after + ttl).contains(&from(key)),
            "{key}: {at:?}"
        );
    };
    about("", TTL);
    for key in ["_stage", "_option", "_direction"] {
        assert_eq!(at[key], at[""], "{key}");
    }
    about("_version", store.retention());
    about("_jwt_token", TTL / 2);
    about("_jwt_claim", TTL / 3);
    let retention = store.retention().as_millis() as u64;
    assert_eq!(
        from(&format!("_done_{}", began % 2)),
        (began + 2) * retention
    );
}

#[tokio::test]
async fn none_of_100_sessions_expires_in_two_milliseconds() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    for _ in 0..100 {
        write(&store, &format!(r#"{{"a":"{}"}}"#, "x".repeat(60_000))).await;
        let Some(at) = expiries(&mut redis).await else {
            return;
        };
        let session: Vec<_> = ["", "_stage", "_option", "_direction"]
            .iter()
            .map(|key| at[*key])
            .collect();
        assert_eq!(session, [session[0]; 4]);
    }
}

#[tokio::test]
async fn a_session_is_never_seen_half_expired() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    for n in 0..20 {
        let attempt = begin(&store, "{}").await;
        let ttl = Duration::from_millis(15 + n);
        assert!(matches!(
            store
                .commit(
                    &user(),
                    CommitRequest {
                        ttl,
                        ..attempt.until(soon())
                    }
                )
                .await
                .unwrap(),
            CommitOutcome::Applied(_)
        ));
        loop {
            match load(&store).await.session {
                Session::Live(_) => {}
                Session::Expired(_) => break,
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn forget_leaves_no_key() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    everything(&store).await;
    let mut redis = server.raw().await;
    let other: () = redis.set("263771234568", "another's").await.unwrap();
    // Of the hash of the other turn of the wheel, too.
    for hash in ["263771234567_done_0", "263771234567_done_1"] {
        let _: () = redis.hset(hash, ID, "fenced").await.unwrap();
    }
    store.delete(&user(), soon()).await.unwrap();
    assert_eq!(
        redis.keys::<_, Vec<String>>("*").await.unwrap(),
        ["263771234568"],
        "{other:?}"
    );
}

#[tokio::test]
async fn a_commit_id_of_the_turn_before_is_still_known() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let attempt = write(&store, "{}").await;
    let mut redis = server.raw().await;
    let wheel = wheel(store.retention());
    let (now, before) = (
        format!("263771234567_done_{}", wheel % 2),
        format!("263771234567_done_{}", (wheel + 1) % 2),
    );
    let _: () = redis.rename(now, before).await.unwrap();
    let again = Attempt {
        id: attempt.id,
        ..begin(&store, r#"{"again":1}"#).await
    };
    let outcome = again.send(&store, soon()).await;
    assert!(
        matches!(outcome, Ok(CommitOutcome::Duplicate { .. })),
        "{outcome:?}"
    );
    assert!(
        store
            .load(&user(), Some(&attempt.id), soon())
            .await
            .unwrap()
            .done
            .is_some()
    );
    let resolved = store.resolve(&user(), &attempt.id, soon()).await.unwrap();
    assert_eq!(
        resolved,
        vimbiso_state::store::CommitStatus::Applied(attempt.record.version)
    );
}
