//! Bare commands, without any guarantee: the best that a session library could reach.

use async_trait::async_trait;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use super::{Peer, TTL};

async fn set(redis: &mut MultiplexedConnection, key: &str, value: &str) {
    let () = redis.set_ex(key, value, TTL).await.expect("SET");
}

/// A SET with an expiry, and no read.
pub struct Set(pub MultiplexedConnection, pub String);

#[async_trait]
impl Peer for Set {
    async fn turn(&self, user: usize, _: u64) {
        set(&mut self.0.clone(), &format!("set:{user}"), &self.1).await;
    }
}

/// A GET, and a SET with an expiry, of bytes that are neither decoded nor encoded.
pub struct Pair(pub MultiplexedConnection, pub String);

#[async_trait]
impl Peer for Pair {
    async fn turn(&self, user: usize, _: u64) {
        let mut redis = self.0.clone();
        let key = format!("pair:{user}");
        let _: Option<Vec<u8>> = redis.get(&key).await.expect("GET");
        set(&mut redis, &key, &self.1).await;
    }
}

/// A session under five keys by eight commands, one after the other: five reads, three writes.
pub struct Eight(pub MultiplexedConnection, pub String);

#[async_trait]
impl Peer for Eight {
    async fn turn(&self, user: usize, _: u64) {
        let mut redis = self.0.clone();
        for part in ["_direction", "_stage", "_option", "", "_jwt_token"] {
            let _: Option<Vec<u8>> = redis.get(format!("eight:{user}{part}")).await.expect("GET");
        }
        let menu = "handle_action_menu";
        for (part, value) in [("", self.1.as_str()), ("_stage", menu), ("_option", menu)] {
            set(&mut redis, &format!("eight:{user}{part}"), value).await;
        }
    }
}
