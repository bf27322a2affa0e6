//! Ours: a whole checked turn.

use async_trait::async_trait;
use vimbiso_state::Step;
use vimbiso_state::vimbisopay::{Choice, Stage, State, StateManager};
use vimbiso_state::{MessageId, StateStore, UserId};

use super::{Peer, USERS};

/// A manager on any store. Every turn checks a step, and is committed under its message.
pub struct Ours(StateManager, State);

impl Ours {
    /// Warm, a turn is decided on what this process committed last; cold, it loads first.
    pub fn new(store: impl StateStore + 'static, warm: bool, state: State) -> Self {
        let guesses = if warm { 2 * USERS } else { 0 };
        Self(
            StateManager::builder(store)
                .session_cache(guesses)
                .build()
                .expect("settings within their limits"),
            state,
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
