//! A conversation of one stage, in which nothing is chosen: for programs that check something else.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Choice, Flow, Member, Stage, assert_transitions};

/// The flow whose only stage remembers an `S`.
#[derive(Debug)]
pub struct OneStage<S>(PhantomData<S>);

/// The stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Only {
    /// The only one.
    Stage,
}

impl Stage for Only {
    const START: Self = Self::Stage;
    const TABLE: &'static [Row<Self>] = &[row(Self::Stage, "only", &[])];
}
assert_transitions!(Only);

/// There is nothing to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoChoice {}

impl Choice<Only> for NoChoice {
    const ALL: &'static [Self] = &[];

    fn name(self) -> &'static str {
        match self {}
    }

    fn leads_to(self) -> Option<Only> {
        match self {}
    }
}

impl<S: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> Flow
    for OneStage<S>
{
    type Stage = Only;
    type Choice = NoChoice;
    type Data = S;

    fn member(_: &S) -> Option<Member<'_>> {
        None
    }
}
