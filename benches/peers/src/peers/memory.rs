//! moka: a bounded map with an expiry.

use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use vimbiso_state::vimbisopay::Data;

use super::{Peer, TTL, USERS};

/// A cache of users' data.
pub struct Moka(Cache<usize, Data>, Data);

impl Moka {
    pub fn new(data: Data) -> Self {
        Self(
            Cache::builder()
                .max_capacity(2 * USERS as u64)
                .time_to_live(Duration::from_secs(TTL))
                .build(),
            data,
        )
    }
}

#[async_trait]
impl Peer for Moka {
    async fn turn(&self, user: usize, n: u64) {
        let mut data = self.0.get(&user).unwrap_or_else(|| self.1.clone());
        data.page_number = 1 + (n % 9) as u32;
        self.0.insert(user, data);
    }
}
