//! No user reaches another's keys, whatever their ids are.

use std::collections::BTreeSet;

use harness::server::Server;
use harness::sessions::{Attempt, assert_applied, soon};
use proptest::prelude::*;
use redis::AsyncCommands;
use vimbiso_state::id::InvalidUserId;
use vimbiso_state::{CommitId, RedisStore, StateStore, UserId};

/// Ids made to be taken for a key, a pattern, a namespace or a slot of somebody else's.
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

/// Users whose ids begin alike, in three layouts over one server: each touches keys that no other does.
#[tokio::test]
async fn no_two_users_share_a_key() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let mut seen = BTreeSet::new();
    let mut stores = vec![RedisStore::connect(server.url()).await.unwrap()];
    stores.push(
        RedisStore::builder()
            .namespace("a")
            .connect(server.url())
            .await
            .unwrap(),
    );
    stores.push(
        RedisStore::builder()
            .namespace("a")
            .braces(true)
            .connect(server.url())
            .await
            .unwrap(),
    );
    for store in &stores {
        for id in [
            "a", "ab", "A", "a.b", "a-b", "a+b", "a@b", "aa", "a.stage", "stage", "version",
        ] {
            let user = UserId::new(id).unwrap();
            let found = store.load(&user, None, soon()).await.unwrap();
            assert!(found.session.version().is_none(), "{id}");
            let attempt = Attempt::on(&found, "{}");
            assert_applied(&store.commit(&user, attempt.until(soon())).await);
            let _ = store
                .resolve(&user, &CommitId::random(), soon())
                .await
                .unwrap();
            let keys: BTreeSet<String> = redis.keys::<_, BTreeSet<String>>("*").await.unwrap();
            let new: BTreeSet<_> = keys.difference(&seen).cloned().collect();
            assert!(new.len() >= 6, "{id} shares a key: {new:?}");
            let (stem, suffix) = (new.iter().next().unwrap().clone(), "_");
            assert!(new.iter().all(|key| {
                key.strip_prefix(&stem)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(suffix))
            }));
            seen = keys;
        }
    }
}
