//! A conversation that remembers which messages it was made of.

use proof::one_stage::OneStage;
use serde::{Deserialize, Serialize};
use vimbiso_state::{Error, Turn};

/// The flow of a soak.
pub type Diary = OneStage<Applied>;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Applied {
    /// The numbers of the messages, in the order in which they took effect.
    pub messages: Vec<u32>,
}

/// The effect of a message. Taken twice, it shows twice.
pub fn write(number: u32) -> impl Fn(&mut Turn<Diary>) -> Result<(), Error> + Send {
    move |turn| {
        turn.data_mut().messages.push(number);
        Ok(())
    }
}
