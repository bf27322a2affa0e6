//! The conversation as a flow of `vimbiso_state`, and the library's types bound to it.

use vimbiso_state::vimbisopay::{Choice, Stage, VimbisoPay};
use vimbiso_state::{Flow, bot};

use crate::data::Data;

/// The bot's flow: the stages and choices of the specification, with the bot's own [`Data`].
#[derive(Debug, Clone, Copy)]
pub struct BotFlow;

impl Flow for BotFlow {
    const NAME: &'static str = "vimbisopay_bot";

    type Stage = Stage;
    type Choice = Choice;
    type Data = Data;

    fn member(data: &Data) -> Option<vimbiso_state::Member<'_>> {
        VimbisoPay::member(&data.spec)
    }
}

/// A [`StateManager`](vimbiso_state::StateManager) of the bot's sessions.
pub type StateManager = vimbiso_state::StateManager<BotFlow>;
/// A [`CachedUser`](vimbiso_state::CachedUser) of the bot.
pub type CachedUser = vimbiso_state::CachedUser<BotFlow>;
/// A [`Turn`](vimbiso_state::Turn) of the bot's conversation.
pub type Turn = vimbiso_state::Turn<BotFlow>;
/// A [`Bot`](vimbiso_state::bot::Bot) that holds this conversation.
pub type Bot = bot::Bot<BotFlow>;
