//! teloxide's dialogue storages.

use std::sync::Arc;

use async_trait::async_trait;
use teloxide::dispatching::dialogue::serializer::Json;
use teloxide::dispatching::dialogue::{InMemStorage, RedisStorage, Storage};
use teloxide::types::ChatId;
use vimbiso_state::vimbisopay::State;

use super::Peer;

/// A dialogue storage of any back end.
pub struct Dialogues<S>(Arc<S>, State);

pub async fn redis(url: &str, state: State) -> Dialogues<RedisStorage<Json>> {
    Dialogues(RedisStorage::open(url, Json).await.expect("a pool"), state)
}

pub fn memory(state: State) -> Dialogues<InMemStorage<State>> {
    Dialogues(InMemStorage::new(), state)
}

#[async_trait]
impl<S> Peer for Dialogues<S>
where
    S: Storage<State, Error: std::fmt::Debug + Send> + Send + Sync + 'static,
{
    async fn turn(&self, user: usize, n: u64) {
        let chat = ChatId(user as i64);
        let mut state = Arc::clone(&self.0)
            .get_dialogue(chat)
            .await
            .expect("read")
            .unwrap_or_else(|| self.1.clone());
        state.page_number = 1 + (n % 9) as u32;
        Arc::clone(&self.0)
            .update_dialogue(chat, state)
            .await
            .expect("written");
    }
}
