//! teloxide's dialogue storages.

use std::sync::Arc;

use async_trait::async_trait;
use teloxide::dispatching::dialogue::serializer::Json;
use teloxide::dispatching::dialogue::{InMemStorage, RedisStorage, Storage};
use teloxide::types::ChatId;
use vimbiso_state::vimbisopay::Data;

use super::Peer;

/// A dialogue storage of any back end.
pub struct Dialogues<S>(Arc<S>, Data);

pub async fn redis(url: &str, data: Data) -> Dialogues<RedisStorage<Json>> {
    Dialogues(RedisStorage::open(url, Json).await.expect("a pool"), data)
}

pub fn memory(data: Data) -> Dialogues<InMemStorage<Data>> {
    Dialogues(InMemStorage::new(), data)
}

#[async_trait]
impl<S> Peer for Dialogues<S>
where
    S: Storage<Data, Error: std::fmt::Debug + Send> + Send + Sync + 'static,
{
    async fn turn(&self, user: usize, n: u64) {
        let chat = ChatId(user as i64);
        let mut data = Arc::clone(&self.0)
            .get_dialogue(chat)
            .await
            .expect("read")
            .unwrap_or_else(|| self.1.clone());
        data.page_number = 1 + (n % 9) as u32;
        Arc::clone(&self.0)
            .update_dialogue(chat, data)
            .await
            .expect("written");
    }
}
