//! A conversation that remembers the messages that took effect in it.

use harness::one_stage::OneStage;
use serde::{Deserialize, Serialize};
use vimbiso_state::{Error, Step, Turn};

/// The flow of a soak.
pub type Diary = OneStage<Applied>;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Applied {
    /// The numbers of the messages, in the order in which they took effect.
    pub messages: Vec<u32>,
}

/// The decision: append the number. A message that takes effect twice is in the list twice.
pub fn append(number: u32) -> impl Fn(&mut Turn<Diary>) -> Result<Step<()>, Error> + Send {
    move |turn| {
        turn.data_mut().messages.push(number);
        Ok(Step::Commit(()))
    }
}
