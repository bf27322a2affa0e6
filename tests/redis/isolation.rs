//! No user reaches another user's keys, whichever ids they have.

use std::collections::BTreeSet;

use harness::server::Server;
use harness::sessions::{Attempt, assert_applied, soon};
use proptest::prelude::*;
use redis::AsyncCommands;
use vimbiso_state::id::InvalidUserId;
use vimbiso_state::{CommitId, RedisStore, StateStore, UserId};

/// Ids that look like a key, a pattern, a namespace or a slot of another user.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("263771234567"),
        Just("_stage"),
        Just("_jwt_token"),
        Just("_done_0"),
        Just(":"),
        Just("{"),
        Just("}"),
        Just("*"),
        Just("?"),
        Just("["),
        Just("\r\n"),
        Just("\0"),
        Just(" "),
        Just("bank:"),
        Just("."),
        Just("a"),
    ];
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn an_id_made_to_reach_a_key_is_refused(id in hostile()) {
        let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        match UserId::new(&id) {
            Ok(user) => prop_assert!(plain && user.expose() == id),
            Err(InvalidUserId::Character { .. }) => prop_assert!(!plain),
            Err(_) => prop_assert!(id.len() > UserId::MAX_LEN),
        }
    }
}

/// Users whose ids begin alike, with three namings on one server: each touches keys of its own.
#[tokio::test]
async fn no_two_users_share_a_key() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let mut seen = BTreeSet::new();
    for builder in [
        RedisStore::builder(),
        RedisStore::builder().namespace("a"),
        RedisStore::builder().namespace("a").braces(true),
    ] {
        let store = builder.connect(server.url()).await.unwrap();
        for id in [
            "a", "ab", "A", "a.b", "a-b", "a+b", "a@b", "aa", "a.stage", "stage", "version",
            "a_stage", "a:b", "a*", "a{b}", "{a}",
        ] {
            let user = UserId::encode(id).unwrap();
            let loaded = store.load(&user, None, soon()).await.unwrap();
            assert!(loaded.session.version().is_none(), "{id}");
            let attempt = Attempt::on(&loaded, "{}");
            assert_applied(&store.commit(&user, attempt.request(soon())).await);
            let fenced = store.resolve(&user, &CommitId::random(), soon()).await;
            assert!(fenced.is_ok());
            let keys: BTreeSet<String> = redis.keys("*").await.unwrap();
            let new: BTreeSet<_> = keys.difference(&seen).cloned().collect();
            assert!(new.len() >= 6, "{id} shares a key: {new:?}");
            // The shortest, which is `{id}`, comes first.
            let stem = new.first().unwrap();
            let is_of_this_user = |key: &String| {
                let suffix = key.strip_prefix(stem.as_str());
                suffix.is_some_and(|suffix| suffix.is_empty() || suffix.starts_with('_'))
            };
            assert!(new.iter().all(is_of_this_user), "{new:?}");
            seen = keys;
        }
    }
}
