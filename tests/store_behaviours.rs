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
