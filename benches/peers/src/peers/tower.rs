//! tower-sessions' stores.

use std::time::Duration;

use async_trait::async_trait;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_memory_store::MemoryStore;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};
use vimbiso_state::vimbisopay::Data;

use super::{Peer, TTL, USERS};

/// A session store of any back end. The data is one value of the session, as `Session::insert`
/// keeps it.
pub struct Sessions<S>(S);

pub async fn redis(url: &str, data: &Data) -> Sessions<RedisStore<Pool>> {
    let config = Config::from_url(url).expect("a URL");
    let pool = Pool::new(config, None, None, None, 6).expect("a pool");
    let _ = pool.connect();
    pool.wait_for_connect().await.expect("a server");
    filled(RedisStore::new(pool), data).await
}

pub async fn memory(data: &Data) -> Sessions<MemoryStore> {
    filled(MemoryStore::default(), data).await
}

/// A save changes only a session that exists, so every session is created first.
async fn filled<S: SessionStore>(store: S, data: &Data) -> Sessions<S> {
    for user in 0..USERS {
        let mut record = Record {
            id: Id(user as i128),
            data: Default::default(),
            expiry_date: expiry(),
        };
        record
            .data
            .insert("state".into(), serde_json::to_value(data).expect("JSON"));
        store.create(&mut record).await.expect("created");
    }
    Sessions(store)
}

fn expiry() -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc() + Duration::from_secs(TTL)
}

#[async_trait]
impl<S: SessionStore> Peer for Sessions<S> {
    async fn turn(&self, user: usize, n: u64) {
        let mut record = self
            .0
            .load(&Id(user as i128))
            .await
            .expect("read")
            .expect("a session");
        let value = record.data.remove("state").expect("a state");
        let mut data: Data = serde_json::from_value(value).expect("a state");
        data.page_number = 1 + (n % 9) as u32;
        record
            .data
            .insert("state".into(), serde_json::to_value(&data).expect("JSON"));
        record.expiry_date = expiry();
        self.0.save(&record).await.expect("written");
    }
}
