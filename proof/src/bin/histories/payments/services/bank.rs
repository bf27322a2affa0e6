//! The bank: pays once for each key as long as it remembers the key, and appends each payment to
//! its ledger.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use proof::BoxError;
use proof::payments::evidence::Paid;
use proof::payments::shop::Payment;
use serde::{Deserialize, Serialize};

use super::Dice;
use crate::payments::wire::{self, Lines};

/// How a bank behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub seed: u64,
    pub ledger: PathBuf,
    pub keys: Keys,
    /// How many milliseconds a payment takes at most.
    pub slow: u64,
    /// How many of a hundred requests fail before the payment, and as many after it.
    pub fails: u32,
    /// How many of a hundred payments it refuses.
    pub refuses: u32,
}

/// How long a bank knows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keys {
    Always,
    /// For so many milliseconds after a request with it has arrived.
    For(u64),
    /// Every request pays.
    Never,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    Pay {
        user: String,
        key: String,
        payment: Payment,
    },
    /// What has become of this key?
    About { key: String },
    /// From now on it does not fail.
    Calm,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Paid(String),
    Refused,
    /// Another request with this key is under way.
    InProgress,
    /// The key was used for another payment.
    KeyReused,
    NotFound,
    /// Something has failed, perhaps after the payment.
    Failed,
    Calm,
}

struct Request {
    arrived: u64,
    payment: Payment,
    answer: Option<Answer>,
}

struct Bank {
    settings: Settings,
    dice: Dice,
    ledger: Lines,
    /// The requests that it recognises.
    requests: Mutex<HashMap<String, Request>>,
    /// What became of each key, for questions about it.
    outcomes: Mutex<HashMap<String, Answer>>,
}

pub async fn run(settings: Settings) -> Result<(), BoxError> {
    let bank = Arc::new(Bank {
        dice: Dice::of(settings.seed),
        ledger: Lines::append_to(&settings.ledger)?,
        requests: Mutex::default(),
        outcomes: Mutex::default(),
        settings,
    });
    wire::serve(wire::listen().await?, move |question| {
        let bank = Arc::clone(&bank);
        async move { bank.answer(question).await }
    })
    .await?;
    Ok(())
}

impl Bank {
    async fn answer(&self, question: Question) -> Option<Answer> {
        let dice = &self.dice;
        let fails = self.settings.fails;
        if dice.falls(fails) {
            return dice.falls(50).then_some(Answer::Failed);
        }
        let answer = match question {
            Question::Calm => {
                dice.calm();
                return Some(Answer::Calm);
            }
            Question::Pay { user, key, payment } => self.pay(user, key, payment).await,
            Question::About { key } => {
                dice.wait(self.settings.slow).await;
                let is_under_way = self.is_under_way(&key);
                let known = self.outcomes.lock().unwrap().get(&key).cloned();
                known.unwrap_or(if is_under_way {
                    Answer::InProgress
                } else {
                    Answer::NotFound
                })
            }
        };
        if dice.falls(fails) {
            return dice.falls(30).then_some(Answer::Failed);
        }
        Some(answer)
    }

    fn is_under_way(&self, key: &str) -> bool {
        let requests = self.requests.lock().unwrap();
        requests
            .get(key)
            .is_some_and(|request| request.answer.is_none())
    }

    async fn pay(&self, user: String, key: String, payment: Payment) -> Answer {
        if let Some(answer) = self.recognise(&key, &payment) {
            return answer;
        }
        self.dice.wait(self.settings.slow).await;
        let answer = if self.dice.falls(self.settings.refuses) {
            Answer::Refused
        } else {
            self.ledger.add(&Paid {
                at: wire::now(),
                user,
                key: key.clone(),
                payment,
            });
            Answer::Paid(format!("receipt {key}"))
        };
        if let Some(request) = self.requests.lock().unwrap().get_mut(&key) {
            request.answer = Some(answer.clone());
        }
        let mut outcomes = self.outcomes.lock().unwrap();
        // A bank that knows no keys may refuse the second of two payments.
        if outcomes
            .get(&key)
            .is_none_or(|known| *known == Answer::Refused)
        {
            outcomes.insert(key, answer.clone());
        }
        answer
    }

    /// What the bank says if it knows the key. Otherwise it knows it from now on.
    fn recognise(&self, key: &str, payment: &Payment) -> Option<Answer> {
        let now = wire::now();
        let forgotten = |request: &Request| match self.settings.keys {
            Keys::Always => false,
            Keys::For(time) => request.answer.is_some() && request.arrived + time < now,
            Keys::Never => true,
        };
        let mut requests = self.requests.lock().unwrap();
        if let Some(request) = requests.get(key).filter(|request| !forgotten(request)) {
            return Some(match &request.answer {
                _ if request.payment != *payment => Answer::KeyReused,
                Some(answer) => answer.clone(),
                None => Answer::InProgress,
            });
        }
        let request = Request {
            arrived: now,
            payment: payment.clone(),
            answer: None,
        };
        requests.insert(key.to_owned(), request);
        None
    }
}
