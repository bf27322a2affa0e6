//! The channel: shows replies to users, and appends each that it has shown or rejected to its file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proof::BoxError;
use proof::payments::evidence::{Sending, Shown};
use serde::{Deserialize, Serialize};

use super::Dice;
use crate::payments::wire::{self, Lines};

/// How a channel behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub seed: u64,
    pub shown: PathBuf,
    /// How many milliseconds a reply takes at most.
    pub slow: u64,
    /// How many of a hundred replies fail, and as many answers are lost.
    pub fails: u32,
    /// How many of a hundred replies it rejects for good.
    pub rejects: u32,
    /// Whether it says if a reply was shown.
    pub knows: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    Send(Sending),
    WasSent {
        id: String,
    },
    /// From now on it does not fail.
    Calm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Shown,
    /// Not shown, and may be sent again.
    Failed,
    Rejected,
    /// Whether it was shown; `None` if the channel does not say.
    Was(Option<bool>),
    Calm,
}

struct Channel {
    settings: Settings,
    dice: Dice,
    shown: Lines,
    /// The ids of the replies that are on their way.
    under_way: Mutex<Vec<String>>,
}

pub async fn run(settings: Settings) -> Result<(), BoxError> {
    let channel = Arc::new(Channel {
        dice: Dice::of(settings.seed),
        shown: Lines::append_to(&settings.shown)?,
        under_way: Mutex::default(),
        settings,
    });
    wire::serve(wire::listen().await?, move |question| {
        let channel = Arc::clone(&channel);
        async move { channel.answer(question).await }
    })
    .await?;
    Ok(())
}

impl Channel {
    async fn answer(&self, question: Question) -> Option<Answer> {
        match question {
            Question::Calm => {
                self.dice.calm();
                Some(Answer::Calm)
            }
            Question::WasSent { id } => {
                let was = self.settings.knows.then(|| self.has_shown(&id));
                Some(Answer::Was(was.flatten()))
            }
            Question::Send(sending) => {
                let id = sending.id.clone();
                self.under_way.lock().unwrap().push(id.clone());
                let answer = self.send(sending).await;
                let mut under_way = self.under_way.lock().unwrap();
                if let Some(at) = under_way.iter().position(|other| *other == id) {
                    under_way.swap_remove(at);
                }
                answer
            }
        }
    }

    async fn send(&self, sending: Sending) -> Option<Answer> {
        let Settings { slow, fails, .. } = self.settings;
        self.dice.wait(slow).await;
        if self.dice.falls(fails) {
            return Some(Answer::Failed);
        }
        if self.dice.falls(fails) {
            return None;
        }
        let rejected = self.dice.falls(self.settings.rejects);
        self.shown.add(&Shown {
            at: wire::now(),
            rejected,
            sending,
        });
        self.dice.wait(slow).await;
        if self.dice.falls(1) {
            // Longer than a worker waits.
            tokio::time::sleep(Duration::from_millis(1200)).await;
        }
        let answer = if rejected {
            Answer::Rejected
        } else {
            Answer::Shown
        };
        (!self.dice.falls(fails)).then_some(answer)
    }

    /// `None` if it is on its way.
    fn has_shown(&self, id: &str) -> Option<bool> {
        if self
            .under_way
            .lock()
            .unwrap()
            .iter()
            .any(|other| other == id)
        {
            return None;
        }
        let shown = wire::read::<Shown>(&self.settings.shown).unwrap_or_default();
        let is_it = |shown: &Shown| shown.sending.id == id && !shown.rejected;
        Some(shown.iter().any(is_it))
    }
}
