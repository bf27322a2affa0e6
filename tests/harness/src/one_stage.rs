//! A conversation of one stage without choices, for tests and programs that check something else.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vimbiso_state::Flow;
use vimbiso_state::flow::{self, NoChoice};

/// The flow whose only stage remembers a `D`.
#[derive(Debug)]
pub struct OneStage<D>(PhantomData<D>);

impl<D: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> Flow
    for OneStage<D>
{
    const NAME: &'static str = "one_stage";

    type Stage = flow::OneStage;
    type Choice = NoChoice;
    type Data = D;
}
