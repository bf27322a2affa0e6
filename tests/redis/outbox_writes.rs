//! Each call of an outbox is carried out whole or not at all.

use harness::assert_matches;
use harness::command::{run, run_words};
use harness::server::Server;
use harness::sessions::{TTL, assert_discreet, user};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{RedisStore, StateStore, StoreError};

use crate::contents::contents;
use crate::failed_calls::{bot, can_ask};
use crate::half_writes::{ID, LAYOUTS, connect};
use crate::outbox_calls::{CALLS, Call, Prepared};

/// Makes a call. If it fails, no key has changed, and the error says nothing of them.
async fn fails(
    redis: &mut MultiplexedConnection,
    store: &RedisStore,
    call: Call,
    on: &Prepared,
    situation: &str,
) -> Option<StoreError> {
    let before = contents(redis).await;
    let error = call.make(store, on).await.err()?;
    assert_eq!(contents(redis).await, before, "{situation}");
    assert_discreet(&error);
    Some(error)
}

#[tokio::test]
async fn all_calls_of_an_outbox_succeed_undisturbed() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let store = connect(&server.url(), layout).await;
        for call in CALLS {
            let on = call.prepare(&mut redis, &store).await;
            let before = contents(&mut redis).await;
            call.make(&store, &on).await.unwrap();
            let after = contents(&mut redis).await;
            assert_ne!(after, before, "{layout:?}: {call:?} changes nothing");
        }
    }
}

#[tokio::test]
async fn right_taken_away_leaves_no_half_outbox() {
    let server = Server::start();
    let mut redis = server.raw().await;
    if !can_ask(&mut redis).await {
        return;
    }
    let url = bot(&mut redis, &server).await;
    for layout in LAYOUTS {
        let store = connect(&url, layout).await;
        for right in [
            "time",
            "getrange",
            "strlen",
            "hstrlen",
            "hget",
            "hset",
            "mset",
            "set",
            "del",
            "hdel",
            "pexpireat",
            "pttl",
            "zadd",
            "zrem",
            "zscore",
            "zrangebyscore",
            "unlink",
        ] {
            let mut failed = Vec::new();
            for call in CALLS {
                let situation = format!("{layout:?} without {right}: {call:?}");
                let on = call.prepare(&mut redis, &store).await;
                let () = run(&mut redis, &format!("ACL SETUSER bot -{right}")).await;
                let error = match (call, right) {
                    // It claims, and then looks at each user: a claim ends by itself.
                    (Call::Due | Call::DueWithout, _) => call.make(&store, &on).await.err(),
                    _ => fails(&mut redis, &store, call, &on, &situation).await,
                };
                let () = run(&mut redis, "ACL SETUSER bot +@all").await;
                match error {
                    None => {}
                    Some(StoreError::Denied { .. }) => failed.push(call),
                    Some(error) => panic!("{situation}: {error:?}"),
                }
            }
            let is_used = right != "mset" || layout == KeyLayout::FiveKeys;
            assert_eq!(
                !failed.is_empty(),
                is_used,
                "{layout:?}, {right}: {failed:?}"
            );
        }
    }
}

#[tokio::test]
async fn foreign_type_under_a_key_leaves_no_half_outbox() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let store = connect(&server.url(), layout).await;
        let own = ["", "_stage", "_option", "_direction"];
        let others = ["_version", "_jwt_token", "_done_0", "_done_1", "_outbox"];
        let keys = own
            .into_iter()
            .chain(others)
            .map(|key| format!("{ID}{key}"));
        for key in keys.chain(["_wake".to_owned()]) {
            let mut failed = Vec::new();
            for call in CALLS {
                let situation = format!("{layout:?}, {key}: {call:?}");
                let on = call.prepare(&mut redis, &store).await;
                let () = redis.del(&key).await.unwrap();
                let () = redis.rpush(&key, "a stranger's").await.unwrap();
                match fails(&mut redis, &store, call, &on, &situation).await {
                    None => {}
                    Some(StoreError::Corrupt { .. }) => failed.push(call),
                    Some(error) => panic!("{situation}: {error:?}"),
                }
            }
            let is_part = own[1..].iter().any(|part| key == format!("{ID}{part}"));
            let is_used = !is_part || layout == KeyLayout::FiveKeys;
            assert_eq!(
                failed.contains(&Call::Exchange),
                is_used,
                "{layout:?}, {key}"
            );
        }
    }
}

/// What another program may have written where a number is.
const NO_NUMBERS: [&str; 9] = [
    "1e300",
    "inf",
    "nan",
    "-1",
    "1.5",
    "0x7f",
    "999999999999999",
    "9223372036854775807",
    "999999999999999999999999999999999999",
];

/// Each word of the outbox in turn is no number.
#[tokio::test]
async fn no_word_of_an_outbox_stops_a_call_half_way() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let outbox = format!("{ID}_outbox");
    let store = connect(&server.url(), KeyLayout::FiveKeys).await;
    let mut refused = 0;
    for call in [
        Call::Exchange,
        Call::DropShown,
        Call::Replace,
        Call::SettleNext,
        Call::Postpone,
        Call::TakeSlot,
        Call::Show,
        Call::ShowLast,
        Call::EndLogin,
        Call::Remove,
    ] {
        for number in NO_NUMBERS {
            for at in 0..23 {
                let on = call.prepare(&mut redis, &store).await;
                let state: String = redis.hget(&outbox, "state").await.unwrap();
                let mut words: Vec<_> = state.split(' ').collect();
                words[at] = number;
                let () = redis.hset(&outbox, "state", words.join(" ")).await.unwrap();
                let situation = format!("{call:?}, word {at}: {number}");
                match fails(&mut redis, &store, call, &on, &situation).await {
                    None => {}
                    Some(StoreError::Corrupt { .. }) => refused += 1,
                    Some(error) => panic!("{situation}: {error:?}"),
                }
            }
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn hundred_megabytes_in_an_outbox_are_not_read() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let large = vec![b'x'; 100 << 20];
    let store = connect(&server.url(), KeyLayout::FiveKeys).await;
    for field in ["state", "1", "call"] {
        for call in [
            Call::Exchange,
            Call::Replace,
            Call::TakeReply,
            Call::TakeSlot,
            Call::Show,
            Call::EndLogin,
        ] {
            let on = call.prepare(&mut redis, &store).await;
            let () = redis
                .hset(format!("{ID}_outbox"), field, &large)
                .await
                .unwrap();
            let sent = harness::command::statistic(&mut redis, "total_net_output_bytes").await;
            let answer = call.make(&store, &on).await;
            let sent =
                harness::command::statistic(&mut redis, "total_net_output_bytes").await - sent;
            assert!(sent < 1 << 20, "{field}, {call:?}: {sent} bytes");
            if field == "state" {
                assert_matches!(answer, Err(StoreError::Corrupt { .. }));
            }
        }
    }
    // A user with such an outbox can be deleted.
    store
        .delete(&user(), harness::sessions::soon())
        .await
        .unwrap();
    let keys: u64 = run_words(&mut redis, &["DBSIZE"]).await;
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn kept_expiry_that_was_removed_by_hand_is_set() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let store = connect(&server.url(), layout).await;
        let call = Call::KeepExpiry;
        let on = call.prepare(&mut redis, &store).await;
        let () = redis.persist(ID).await.unwrap();
        call.make(&store, &on).await.unwrap();
        let left: i64 = redis.pttl(ID).await.unwrap();
        let ttl = i64::try_from(TTL.as_millis()).unwrap();
        assert!((ttl - 10_000..=ttl).contains(&left), "{layout:?}: {left}");
    }
}
