//! The bytes of an outbox and of the index.

use std::time::Duration;

use harness::server::Server;
use harness::sessions::{Attempt, prepare, soon, user};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{Delivery, LeaseHolder, LeaseRequest, NewCall, OutboxChanges, WakeUp};
use vimbiso_state::{RedisStore, StateStore};

use crate::half_writes::LAYOUTS;
use crate::outbox_calls::{key, menu, outboxes, reply};
use crate::stored_bytes::{ID, now};

const OUTBOX: &str = "bank:263771234567_outbox";

/// Commits with known ids, and these changes.
async fn commit(store: &RedisStore, revision: u64, changes: OutboxChanges<'_>) {
    let attempt = prepare(store, "{}").await;
    let version = Version {
        revision,
        tag: 0xfeed,
    };
    let record = Record {
        version,
        ..Record::clone(&attempt.record)
    };
    let id = format!("{revision}{}", &ID[1..]);
    let attempt = Attempt {
        id: id.parse().unwrap(),
        record: record.into(),
        ..attempt
    };
    let request = attempt.request(soon());
    let answer = outboxes(store).commit_with(&user(), request, changes).await;
    assert!(answer.is_ok(), "{answer:?}");
}

/// A word that is a time reads `<so many seconds>` since then, in tens.
fn shown(word: &str, started: u64) -> String {
    match word.parse::<f64>() {
        Ok(time) if time > 1e12 => {
            let tens = ((time - started as f64) / 10_000.0).floor();
            let half = if time.fract() == 0.5 { ".5" } else { "" };
            format!("<{}{half}>", tens as i64 * 10)
        }
        _ => word.to_owned(),
    }
}

async fn field(redis: &mut MultiplexedConnection, field: &str, started: u64) -> String {
    let value: String = redis.hget(OUTBOX, field).await.unwrap();
    let words: Vec<_> = value.split(' ').map(|word| shown(word, started)).collect();
    words.join(" ")
}

async fn index(redis: &mut MultiplexedConnection, started: u64) -> Vec<(String, String)> {
    let entries: Vec<(String, f64)> = redis.zrange_withscores("bank:_wake", 0, -1).await.unwrap();
    let entries = entries.into_iter();
    let mut entries: Vec<_> = entries
        .map(|(of, at)| (of, shown(&at.to_string(), started)))
        .collect();
    entries.sort();
    entries
}

fn entry(member: &str, at: &str) -> (String, String) {
    (format!("{member}263771234567"), at.to_owned())
}

#[tokio::test]
async fn bytes_of_an_outbox_and_of_the_index_are_golden() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let builder = RedisStore::builder().namespace("bank").layout(layout);
        let store = builder.connect(server.url()).await.unwrap();
        let started = now();
        let holder = LeaseHolder::random();
        let of = holder.to_string();
        let lease = Some(LeaseRequest {
            holder,
            length: Duration::from_secs(30),
        });
        let changes = OutboxChanges {
            reply: reply(b"\"1\"", Delivery::Push),
            lease,
            wake_up: WakeUp::After(Duration::from_secs(60)),
            ..Default::default()
        };
        // The short way of the script, and its fields are those of the long one.
        commit(&store, 1, changes).await;
        let state = "1 <holder> <30> 30000 0 1 \
                     10000000000000000000000000000abc 1 46 1 1 0 0 - 0 0 - 0 0 0 <60> \
                     1-0000000000000000000000000000feed 1";
        assert_eq!(
            field(&mut redis, "state", started)
                .await
                .replace(&of, "<holder>"),
            state
        );
        let first = "10000000000000000000000000000abc - 6 chat 7\"1\"";
        assert_eq!(field(&mut redis, "1", started).await, first);
        assert_eq!(
            index(&mut redis, started).await,
            [entry("r", "<60>"), entry("w", "<30>")]
        );

        // A call, and a second reply that waits.
        let changes = OutboxChanges {
            call: Some(NewCall {
                key: key(7),
                body: b"{}",
            }),
            lease: None,
            wake_up: WakeUp::Keep(None),
            ..changes
        };
        commit(&store, 2, changes).await;
        let state = "1 <holder> <30> 30000 0 1 \
                     10000000000000000000000000000abc 2 92 1 1 0 0 \
                     00000000000000000000000000000007 <0> 0 - 0 0 0 <60> \
                     1-0000000000000000000000000000feed 2";
        assert_eq!(
            field(&mut redis, "state", started)
                .await
                .replace(&of, "<holder>"),
            state
        );
        let second = "20000000000000000000000000000abc - 6 chat 7\"1\"";
        assert_eq!(field(&mut redis, "2", started).await, second);
        assert_eq!(field(&mut redis, "call", started).await, "{}");
        let fields: u64 = redis.hlen(OUTBOX).await.unwrap();
        assert_eq!(fields, 4);
        assert_eq!(
            index(&mut redis, started).await,
            [entry("r", "<60>"), entry("w", "<0>")]
        );

        let claim = Duration::from_secs(10);
        let due = outboxes(&store).due(10, claim, soon()).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(
            index(&mut redis, started).await,
            [entry("r", "<60>"), entry("w", "<10.5>")]
        );
        let left: u64 = redis.pttl(OUTBOX).await.unwrap();
        let day = 24 * 60 * 60 * 1000;
        assert!((day + 50_000..=day + 60_000).contains(&left), "{left}");
        store.delete(&user(), soon()).await.unwrap();
        let keys: Vec<String> = redis.keys("*").await.unwrap();
        assert_eq!(keys, Vec::<String>::new());
    }
}

/// The replies in the queue by their fields, with what they say.
async fn replies(redis: &mut MultiplexedConnection) -> Vec<(String, String)> {
    let fields: Vec<(String, String)> = redis.hgetall(OUTBOX).await.unwrap();
    let fields = fields.into_iter().filter(|(name, _)| name != "state");
    let mut fields: Vec<_> = fields.collect();
    fields.sort();
    fields
}

#[tokio::test]
async fn bytes_of_replaced_replies_are_golden() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let builder = RedisStore::builder().namespace("bank").layout(layout);
        let store = builder.connect(server.url()).await.unwrap();
        let adds = |body| OutboxChanges {
            reply: reply(body, Delivery::Push),
            ..Default::default()
        };
        commit(&store, 1, menu(adds(b"\"1\""))).await;
        commit(&store, 2, adds(b"\"2\"")).await;
        let kept = |number: u64, of: u64, flag| {
            let id = format!("{of}{}", &ID[1..]);
            (number.to_string(), format!("{id} {flag} 6 chat 7\"{of}\""))
        };
        assert_eq!(
            replies(&mut redis).await,
            [kept(1, 1, 'r'), kept(2, 2, '-')]
        );
        // The second reply takes the place of the first one.
        commit(&store, 3, menu(adds(b"\"3\""))).await;
        assert_eq!(
            replies(&mut redis).await,
            [kept(1, 2, '-'), kept(2, 3, 'r')]
        );
        let state = "1 - 0 0 0 1 20000000000000000000000000000abc 2 92 0 0 0 0 \
                     - 0 0 - 0 0 0 0 - 2";
        assert_eq!(field(&mut redis, "state", now()).await, state);
        commit(&store, 4, menu(adds(b"\"4\""))).await;
        assert_eq!(
            replies(&mut redis).await,
            [kept(1, 2, '-'), kept(2, 4, 'r')]
        );
        store.delete(&user(), soon()).await.unwrap();
    }
}
