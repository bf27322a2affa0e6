//! A bank that honours keys, and can be slow, unreachable, or forgetful.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::yield_now;
use tokio::time::sleep;
use vimbiso_state::UserId;
use vimbiso_state::bot::{CallAnswer, Service};
use vimbiso_state::id::CallKey;

use crate::transfer::{Amount, Transfer};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Clone, Default)]
pub struct Bank(Arc<Mutex<State>>);

#[derive(Debug)]
pub struct State {
    /// What was paid, in order.
    pub ledger: Vec<Paid>,
    /// How often `perform` and `outcome_of` were called.
    pub performed: u32,
    pub asked: u32,
    /// What the next calls do.
    pub next: Vec<Next>,
    /// How long each call takes.
    pub takes: Duration,
    pub repeat_for: Duration,
    pub settles_within: Option<Duration>,
    known: HashMap<CallKey, u32>,
}

#[derive(Debug)]
pub struct Paid {
    pub key: CallKey,
    pub by: UserId,
    pub cents: u32,
}

#[derive(Debug, Clone, Copy)]
pub enum Next {
    /// Fails before the effect.
    FailBefore,
    /// Fails after the effect: the answer is lost.
    FailAfter,
    Refuse,
    /// Refuses after it has held up its thread for so long, as a worker that is stopped.
    RefuseAfter(Duration),
    Panic,
}

impl Default for State {
    fn default() -> Self {
        Self {
            ledger: Vec::new(),
            performed: 0,
            asked: 0,
            next: Vec::new(),
            takes: Duration::ZERO,
            repeat_for: Duration::from_secs(3600),
            settles_within: None,
            known: HashMap::new(),
        }
    }
}

impl Bank {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn paid(&self) -> Vec<u32> {
        let state = self.state();
        state.ledger.iter().map(|paid| paid.cents).collect()
    }

    /// How many payments this user has made.
    pub fn payments_of(&self, user: &UserId) -> usize {
        let state = self.state();
        state.ledger.iter().filter(|paid| paid.by == *user).count()
    }
}

#[async_trait]
impl Service<Transfer> for Bank {
    async fn look_up(&self, _: &UserId, cents: u32) -> bool {
        cents <= 1000
    }

    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        amount: &Amount,
    ) -> Result<CallAnswer<u32>, BoxError> {
        let (takes, next) = {
            let mut state = self.state();
            state.performed += 1;
            let next = (!state.next.is_empty()).then(|| state.next.remove(0));
            (state.takes, next)
        };
        if let Some(Next::FailBefore) = next {
            return Err("unreachable".into());
        }
        if let Some(Next::Refuse) = next {
            return Ok(CallAnswer::refused("no money"));
        }
        if let Some(Next::RefuseAfter(time)) = next {
            std::thread::sleep(time);
            return Ok(CallAnswer::refused("no money"));
        }
        // As over a network, it never answers at once.
        yield_now().await;
        sleep(takes).await;
        let receipt = {
            let mut state = self.state();
            let receipt = state.ledger.len() as u32 + 1;
            match state.known.get(&key) {
                Some(receipt) => *receipt,
                None => {
                    state.ledger.push(Paid {
                        key,
                        by: user.clone(),
                        cents: amount.cents,
                    });
                    state.known.insert(key, receipt);
                    receipt
                }
            }
        };
        match next {
            Some(Next::FailAfter) => Err("the answer was lost".into()),
            Some(Next::Panic) => panic!("as the test asks"),
            _ => Ok(CallAnswer::done(receipt)),
        }
    }

    async fn outcome_of(
        &self,
        _: &UserId,
        key: CallKey,
        _: &Amount,
    ) -> Result<CallAnswer<u32>, BoxError> {
        let mut state = self.state();
        state.asked += 1;
        Ok(match state.known.get(&key) {
            Some(receipt) => CallAnswer::done(*receipt),
            None => CallAnswer::not_found(),
        })
    }

    fn repeat_for(&self) -> Duration {
        self.state().repeat_for
    }

    fn settles_within(&self) -> Option<Duration> {
        self.state().settles_within
    }
}
