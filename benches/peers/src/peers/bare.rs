//! Bare commands: what any session library could do at best, guaranteeing nothing.

use async_trait::async_trait;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use super::{Peer, TTL};

async fn set(redis: &mut MultiplexedConnection, key: &str, value: &str) {
    let () = redis.set_ex(key, value, TTL).await.expect("SET");
}

/// A SET with an expiry, and nothing read.
pub struct Set(pub MultiplexedConnection, pub String);

#[async_trait]
impl Peer for Set {
    async fn turn(&self, user: usize, _: u64) {
        set(&mut self.0.clone(), &format!("set:{user}"), &self.1).await;
    }
}

/// A GET, and a SET with an expiry: not decoded, not encoded.
pub struct Pair(pub MultiplexedConnection, pub String);

#[async_trait]
impl Peer for Pair {
    async fn turn(&self, user: usize, _: u64) {
        let (mut redis, key) = (self.0.clone(), format!("pair:{user}"));
        let _: Option<Vec<u8>> = redis.get(&key).await.expect("GET");
        set(&mut redis, &key, &self.1).await;
    }
}

/// The specification's eight commands, one after the other: five reads and three writes.
pub struct Eight(pub MultiplexedConnection, pub String);

#[async_trait]
impl Peer for Eight {
    async fn turn(&self, user: usize, _: u64) {
        let mut redis = self.0.clone();
        for part in ["_direction", "_stage", "_option", "", "_jwt_token"] {
            let _: Option<Vec<u8>> = redis.get(format!("eight:{user}{part}")).await.expect("GET");
        }
        set(&mut redis, &format!("eight:{user}"), &self.1).await;
        set(
            &mut redis,
            &format!("eight:{user}_stage"),
            "handle_action_menu",
        )
        .await;
        set(
            &mut redis,
            &format!("eight:{user}_option"),
            "handle_action_menu",
        )
        .await;
    }
}
