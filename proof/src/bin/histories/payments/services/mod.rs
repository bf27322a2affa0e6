//! What is outside of the bot: a bank that pays, and a channel that shows replies, each in a
//! process of its own. Both are slow, fail, and lose answers, with odds that a seed decides.

pub mod bank;
pub mod channel;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// What goes wrong, drawn for each question.
pub struct Dice {
    rng: Mutex<StdRng>,
    calm: AtomicBool,
}

impl Dice {
    pub fn of(seed: u64) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            calm: AtomicBool::new(false),
        }
    }

    /// From now on nothing goes wrong.
    pub fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    /// Whether something happens that happens so often among a hundred times.
    pub fn falls(&self, percent: u32) -> bool {
        let falls = self.rng.lock().unwrap().random_ratio(percent.min(100), 100);
        falls && !self.calm.load(Ordering::SeqCst)
    }

    /// Waits for up to so many milliseconds, most often for a small part of them.
    pub async fn wait(&self, most: u64) {
        let part = self.rng.lock().unwrap().random::<f64>();
        let millis = (most as f64 * part.powi(3)) as u64;
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
