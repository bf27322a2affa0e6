//! The same store on a Redis in a container.

use harness::redis::{Redis, namespace};
use harness::sessions::{state, write};
use vimbiso_state::RedisStore;

#[tokio::test]
#[ignore = "needs a Docker engine and the image that VIMBISO_REDIS_IMAGE names; tests/run.sh runs it where there is an engine"]
async fn a_redis_in_a_container_does() {
    let redis = Redis::container().await.unwrap();
    let store = RedisStore::builder()
        .namespace(namespace())
        .connect(redis.url.as_str())
        .await
        .unwrap();
    write(&store, r#"{"in":"a box"}"#).await;
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"in":"a box"}"#));
}
