//! The bytes of every key in Redis.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use harness::assert_matches;
use harness::command::{run, run_words};
use harness::server::Server;
use harness::sessions::{
    Attempt, TTL, acquire_lease, assert_applied, prepare, put, soon, tokens, user, write,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, LeaseHolder, StoredToken, TokenOutcome, TokenPut,
};
use vimbiso_state::{Direction, RedisStore, StateStore};

pub const ID: &str = "00000000000000000000000000000abc";

/// Writes a session with a token and a lease. All its bytes are known except those of the clock.
pub async fn write_all_keys(store: &RedisStore) -> LeaseHolder {
    let record = Record {
        version: Version {
            revision: 1,
            tag: 0xfeed,
        },
        flow: "cafe".into(),
        entered_by: ID.parse().unwrap(),
        format: 1,
        stage: "handle_action_menu".into(),
        option: Some("handle_action_menu".into()),
        direction: Direction::Out,
        menu: Some("tier_1~7f3a1c0b2d4e5f60:offer,accept".into()),
        pending_call: None,
        data: r#"{"page_number":1}"#.into(),
    };
    let attempt = Attempt {
        id: ID.parse().unwrap(),
        record: Arc::new(record),
        ..prepare(store, "{}").await
    };
    let request = CommitRequest {
        reply: Some(b"\"Hello\""),
        ..attempt.request(soon())
    };
    assert_applied(&store.commit(&user(), request).await);
    let token = StoredToken::new("eyJ.e30.c2ln");
    let put = TokenPut {
        ttl: TTL / 2,
        ..put(Some(&token))
    };
    let stored = tokens(store).put_token(&user(), put).await;
    assert_matches!(stored, Ok(TokenOutcome::Stored));
    acquire_lease(store, TTL / 3).await
}

pub fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64
}

/// All keys of the server with their values. Times near now read `<ms>`.
pub async fn dump(redis: &mut MultiplexedConnection) -> BTreeMap<String, String> {
    let keys: Vec<String> = redis.keys("*").await.unwrap();
    let mut dump = BTreeMap::new();
    for key in keys {
        let kind: String = run_words(redis, &["TYPE", &key]).await;
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
        let masked: Vec<_> = value.split(' ').map(mask_time).collect();
        dump.insert(key, masked.join(" "));
    }
    dump
}

fn mask_time(word: &str) -> &str {
    match word.parse::<u64>() {
        Ok(ms) if ms.abs_diff(now()) < 600_000 => "<ms>",
        _ => word,
    }
}

/// The generation of commit ids that is recorded now; it goes to the hash of its remainder by 2.
pub fn generation(retention: Duration) -> u64 {
    now() / retention.as_millis() as u64
}

/// The suffix of the hash that commit ids are recorded in now.
pub fn done_suffix(store: &RedisStore) -> String {
    format!("_done_{}", generation(store.retention()) % 2)
}

/// What that hash holds after [`write_all_keys`].
pub fn recorded(store: &RedisStore) -> String {
    let expires = (generation(store.retention()) + 2) * store.retention().as_millis() as u64;
    format!(r#"={expires} {ID}=1-0000000000000000000000000000feed "Hello" {expires}=1"#)
}

/// The version line of [`write_all_keys`].
pub fn version_line() -> String {
    let tag = "0000000000000000000000000000feed";
    let stage = "handle_action_menu";
    format!("1 cafe 1 {tag} 15 <ms> 1 {stage} {stage} {ID} tier_1~7f3a1c0b2d4e5f60:offer,accept")
}

#[tokio::test]
async fn keys_and_values_are_golden() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let holder = write_all_keys(&store).await;
    let expected = [
        ("", r#"{"page_number":1}"#.to_owned()),
        ("_stage", "handle_action_menu".to_owned()),
        ("_option", "handle_action_menu".to_owned()),
        ("_direction", "OUT".to_owned()),
        ("_jwt_token", "eyJ.e30.c2ln".to_owned()),
        ("_jwt_claim", format!("{holder} <ms> 100000")),
        ("_version", version_line()),
        (&done_suffix(&store), recorded(&store)),
    ]
    .map(|(suffix, value)| (format!("263771234567{suffix}"), value));
    assert_eq!(dump(&mut server.raw().await).await, expected.into());
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
    let next = prepare(&store, "{}").await;
    let without_option = Record {
        version: Version {
            revision: 2,
            tag: 1,
        },
        option: None,
        ..Record::clone(&next.record)
    };
    let next = Attempt {
        record: Arc::new(without_option),
        ..next
    };
    assert_applied(&next.send(&store, soon()).await);
    let fenced = store.resolve(&user(), &ID.parse().unwrap(), soon()).await;
    assert_matches!(fenced, Ok(CommitStatus::Fenced));
    let dump = dump(&mut server.raw().await).await;
    let keys: Vec<_> = dump.keys().filter(|key| !key.contains("_done_")).collect();
    let prefix = "bank:{263771234567}";
    let expected = ["", "_direction", "_stage", "_version"];
    assert_eq!(
        keys,
        expected
            .map(|suffix| format!("{prefix}{suffix}"))
            .each_ref()
    );
    let line = &dump[&format!("{prefix}_version")];
    let id = next.record.entered_by;
    let tag = "00000000000000000000000000000001";
    assert_eq!(
        *line,
        format!("1 cafe 2 {tag} 11 <ms> 1 handle_action_menu ~ {id} ~")
    );
    let done = &dump[&format!("{prefix}{}", done_suffix(&store))];
    assert!(done.contains(&format!("{ID}=fenced")), "{done}");
}

#[tokio::test]
async fn delete_leaves_no_key() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    write_all_keys(&store).await;
    let mut redis = server.raw().await;
    let () = redis.set("263771234568", "another user's").await.unwrap();
    // Both hashes of commit ids, of which only one is written to now.
    for hash in ["263771234567_done_0", "263771234567_done_1"] {
        let () = redis.hset(hash, ID, "fenced").await.unwrap();
    }
    store.delete(&user(), soon()).await.unwrap();
    let keys: Vec<String> = run(&mut redis, "KEYS *").await;
    assert_eq!(keys, ["263771234568"]);
}

#[tokio::test]
async fn commit_id_of_the_last_generation_is_known() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let attempt = write(&store, "{}").await;
    let mut redis = server.raw().await;
    let generation = generation(store.retention());
    let this_hash = format!("263771234567_done_{}", generation % 2);
    let other_hash = format!("263771234567_done_{}", (generation + 1) % 2);
    let () = redis.rename(this_hash, other_hash).await.unwrap();
    let again = Attempt {
        id: attempt.id,
        ..prepare(&store, r#"{"again":1}"#).await
    };
    let outcome = again.send(&store, soon()).await;
    assert_matches!(outcome, Ok(CommitOutcome::Duplicate { .. }));
    let applied = CommitStatus::Applied {
        version: attempt.record.version,
        reply: None,
    };
    let loaded = store.load(&user(), Some(&attempt.id), soon()).await;
    assert_eq!(loaded.unwrap().commit_status.as_ref(), Some(&applied));
    let resolved = store.resolve(&user(), &attempt.id, soon()).await;
    assert_eq!(resolved.unwrap(), applied);
}
