//! A conversation of one stage without choices, for tests and programs that check something else.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::{Flow, Stage, assert_transitions};

/// The flow whose only stage remembers a `D`.
#[derive(Debug)]
pub struct OneStage<D>(PhantomData<D>);

/// The stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Only {
    Stage,
}

impl Stage for Only {
    const START: Self = Self::Stage;
    const TABLE: &'static [Row<Self>] = &[row(Self::Stage, "only", &[])];
}
assert_transitions!(Only);

impl<D: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> Flow
    for OneStage<D>
{
    const NAME: &'static str = "one_stage";

    type Stage = Only;
    type Choice = NoChoice;
    type Data = D;
}
