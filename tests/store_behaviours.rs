//! Every store does the same: one list of behaviours, run on each.

#[macro_use]
#[path = "support/behaviours.rs"]
mod behaviours;
#[cfg(feature = "redis")]
#[path = "support"]
mod support {
    pub mod redis;
    pub mod server;
}

mod memory {
    use std::sync::Arc;

    use super::behaviours;

    macro_rules! on_memory {
        ($($behaviour:ident),* $(,)?) => {
            $(#[tokio::test(start_paused = true)]
            async fn $behaviour() {
                behaviours::$behaviour(Arc::new(vimbiso_state::MemoryStore::new())).await;
            })*
        };
    }
    each_behaviour!(on_memory);
}

/// Behind a vault, any store does the same.
#[cfg(feature = "vault")]
mod sealed {
    use std::sync::Arc;

    use vimbiso_state::{KeyRing, MemoryStore, Vault, VaultKey};

    use super::behaviours;

    macro_rules! behind_a_vault {
        ($($behaviour:ident),* $(,)?) => {
            $(#[tokio::test(start_paused = true)]
            async fn $behaviour() {
                let keys = KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
                behaviours::$behaviour(Arc::new(Vault::new(MemoryStore::new(), keys))).await;
            })*
        };
    }
    each_behaviour!(behind_a_vault);
}

#[cfg(feature = "redis")]
mod redis {
    use std::sync::Arc;

    use super::behaviours;
    use super::support::redis::Redis;

    macro_rules! on_redis {
        ($($behaviour:ident),* $(,)?) => {
            $(#[tokio::test]
            async fn $behaviour() {
                let redis = Redis::any().await;
                behaviours::$behaviour(Arc::new(redis.store().await)).await;
            })*
        };
    }
    each_behaviour!(on_redis);
}

#[cfg(feature = "redis")]
mod one_key {
    use std::sync::Arc;

    use super::behaviours;
    use super::support::redis::Redis;

    macro_rules! on_one_key {
        ($($behaviour:ident),* $(,)?) => {
            $(#[tokio::test]
            async fn $behaviour() {
                let redis = Redis::any().await;
                behaviours::$behaviour(Arc::new(redis.store_of(vimbiso_state::KeyLayout::OneKey).await)).await;
            })*
        };
    }
    each_behaviour!(on_one_key);
}
