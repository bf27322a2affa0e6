//! Every store that ships, as a test gets it.

#[cfg(feature = "redis")]
mod on_redis;

use std::sync::Arc;

use async_trait::async_trait;
use vimbiso_state::store::conformance::Fixture;
use vimbiso_state::{MemoryStore, StateStore};

/// Hands the list to a macro of the caller's: what makes each store, and what a test can do to it
/// besides calling it. A new store is one more entry.
macro_rules! each_store {
    ($then:ident) => {
        $then! {
            memory: Shipped::memory, can: [Tokens, Outbox, PausedClock, LittleRoom];
            #[cfg(feature = "vault")]
            vault_over_memory: Shipped::vault_over_memory,
                can: [Tokens, Outbox, PausedClock, LittleRoom];
            #[cfg(feature = "redis")]
            redis: Shipped::redis_of_its_own, can: [Tokens, Outbox, Corruption, Stall, LittleRoom];
            #[cfg(feature = "redis")]
            redis_in_braces: Shipped::redis_in_braces, can: [Tokens, Outbox, Corruption];
            #[cfg(feature = "redis")]
            redis_of_one_key: Shipped::redis_of_one_key, can: [Tokens, Outbox, Corruption];
            #[cfg(feature = "redis")]
            redis_over_resp2: Shipped::redis_over_resp2, can: [Tokens, Outbox, Corruption];
            #[cfg(feature = "redis")]
            redis_on_a_cluster: Shipped::redis_on_a_cluster, can: [Tokens, Outbox, Corruption];
            #[cfg(feature = "tls")]
            redis_over_tls: Shipped::redis_over_tls, can: [Tokens, Outbox, Corruption];
            #[cfg(all(feature = "redis", feature = "vault"))]
            vault_over_redis: Shipped::vault_over_redis, can: [Tokens, Outbox, Corruption];
        }
    };
}

/// A store, with the server that it needs.
pub(crate) struct Shipped {
    pub(crate) store: Arc<dyn StateStore>,
    #[cfg(feature = "redis")]
    redis: Option<on_redis::Database>,
}

impl Shipped {
    fn of(store: impl StateStore + 'static) -> Self {
        Self {
            store: Arc::new(store),
            #[cfg(feature = "redis")]
            redis: None,
        }
    }

    /// Room for a few hundred long sessions.
    pub(crate) async fn memory() -> Self {
        Self::of(MemoryStore::builder().max_bytes(16 << 20).build().unwrap())
    }

    #[cfg(feature = "vault")]
    pub(crate) async fn vault_over_memory() -> Self {
        Self::memory().await.sealed()
    }

    /// The same behind a vault.
    #[cfg(feature = "vault")]
    fn sealed(self) -> Self {
        use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
        let keys = KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
        Self {
            store: Arc::new(Vault::new(self.store, keys)),
            ..self
        }
    }
}

/// As the trait spells it.
#[cfg(feature = "redis")]
type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[async_trait]
impl Fixture for Shipped {
    fn store(&self) -> &dyn StateStore {
        &*self.store
    }

    #[cfg(feature = "redis")]
    async fn corrupt(&self, user: &vimbiso_state::UserId) -> Result<(), BoxError> {
        let redis = self.redis.as_ref();
        let redis = redis.ok_or("a store in memory cannot be corrupted")?;
        redis.corrupt(user).await
    }

    #[cfg(feature = "redis")]
    async fn corrupt_outbox(&self, user: &vimbiso_state::UserId) -> Result<(), BoxError> {
        let redis = self.redis.as_ref();
        let redis = redis.ok_or("an outbox in memory cannot be corrupted")?;
        redis.corrupt_outbox(user).await
    }

    #[cfg(feature = "redis")]
    async fn stall(&self) -> Result<(), BoxError> {
        self.server()?.freeze();
        Ok(())
    }

    #[cfg(feature = "redis")]
    async fn resume(&self) -> Result<(), BoxError> {
        self.server()?.thaw();
        Ok(())
    }
}
