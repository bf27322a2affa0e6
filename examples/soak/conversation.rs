//! A conversation that remembers which messages it was made of.

use serde::{Deserialize, Serialize};
use vimbiso_state::{Choice, Error, Flow, Member, Row, Stage, Turn, assert_transitions, row};

#[derive(Debug)]
pub struct Diary;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    Open,
}

impl Stage for Page {
    const START: Self = Self::Open;
    const TABLE: &'static [Row<Self>] = &[row(Self::Open, "open", &[])];
}
assert_transitions!(Page);

/// There is nothing to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {}

impl Choice<Page> for Nothing {
    const ALL: &'static [Self] = &[];

    fn name(self) -> &'static str {
        match self {}
    }

    fn leads_to(self) -> Option<Page> {
        match self {}
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Applied {
    /// The numbers of the messages, in the order in which they took effect.
    pub messages: Vec<u32>,
}

impl Flow for Diary {
    type Stage = Page;
    type Choice = Nothing;
    type State = Applied;

    fn member(_: &Applied) -> Option<Member<'_>> {
        None
    }
}

/// The effect of a message. Taken twice, it shows twice.
pub fn write(number: u32) -> impl Fn(&mut Turn<Diary>) -> Result<(), Error> + Send {
    move |turn| {
        turn.state_mut().messages.push(number);
        Ok(())
    }
}
