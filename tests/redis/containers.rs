//! The same store on a Redis in a container, where one is asked for.

use crate::sessions::{state, write};
use crate::support::redis::Redis;

#[tokio::test]
async fn a_redis_in_a_container_does() {
    if std::env::var_os("VIMBISO_REDIS_IMAGE").is_none() {
        eprintln!("SKIPPED: set VIMBISO_REDIS_IMAGE to run this on a Redis in a container");
        return;
    }
    let redis = Redis::container().await.unwrap();
    let store = redis.store().await;
    write(&store, r#"{"in":"a box"}"#).await;
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"in":"a box"}"#));
}
