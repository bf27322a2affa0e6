//! The same store on a Redis in a container.

use harness::redis::{Redis, namespace};
use harness::sessions::{data, write};
use vimbiso_state::RedisStore;

#[tokio::test]
#[ignore = "needs a Docker engine; tests/run.sh runs it if there is one"]
async fn a_redis_in_a_container_keeps_sessions() {
    let redis = Redis::container().await.unwrap();
    let store = RedisStore::builder()
        .namespace(namespace())
        .connect(redis.url.as_str())
        .await
        .unwrap();
    write(&store, r#"{"in":"a box"}"#).await;
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"in":"a box"}"#));
}
