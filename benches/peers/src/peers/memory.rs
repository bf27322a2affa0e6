//! moka: a map with an expiry, and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use vimbiso_state::vimbisopay::State;

use super::{Peer, TTL, USERS};

/// A cache of states.
pub struct Moka(Cache<usize, State>, State);

impl Moka {
    pub fn new(state: State) -> Self {
        Self(
            Cache::builder()
                .max_capacity(2 * USERS as u64)
                .time_to_live(Duration::from_secs(TTL))
                .build(),
            state,
        )
    }
}

#[async_trait]
impl Peer for Moka {
    async fn turn(&self, user: usize, n: u64) {
        let mut state = self.0.get(&user).unwrap_or_else(|| self.1.clone());
        state.page_number = 1 + (n % 9) as u32;
        self.0.insert(user, state);
    }
}
