//! This library: a whole turn, checked.

use async_trait::async_trait;
use vimbiso_state::Step;
use vimbiso_state::vimbisopay::{Choice, Data, Stage, StateManager};
use vimbiso_state::{MessageId, StateStore, UserId};

use super::{Peer, USERS};

/// A manager on any store. Every turn checks a transition, and is committed under its message.
pub struct Ours(StateManager, Data);

impl Ours {
    /// A warm turn is decided on the cached session; a cold one loads it first.
    pub fn new(store: impl StateStore + 'static, warm: bool, data: Data) -> Self {
        let cached_sessions = if warm { 2 * USERS } else { 0 };
        Self(
            StateManager::builder(store)
                .session_cache_bytes(cached_sessions * 4096)
                .build()
                .expect("settings within their limits"),
            data,
        )
    }
}

#[async_trait]
impl Peer for Ours {
    async fn turn(&self, user: usize, n: u64) {
        let user = UserId::mobile(format!("2637{user:08}")).expect("a number");
        let message = MessageId::new(format!("wamid.{n:032}")).expect("an id");
        let handled = self.0.handle(&user, &message, |turn| {
            if turn.data().current_account.is_none() {
                *turn.data_mut() = self.1.clone();
            }
            turn.data_mut().page_number = 1 + (n % 9) as u32;
            match turn.stage() {
                Stage::Menu => turn.select(Choice::Transactions)?,
                _ => turn.transition_to(Stage::Menu, Choice::Menu)?,
            }
            Ok(Step::Commit(()))
        });
        let handled = handled.await.expect("committed");
        assert!(!handled.is_duplicate());
    }
}
