//! The specification's `update_state`, with keep, set and clear apart.

use crate::flow::Flow;
use crate::{Direction, Refused, Turn};

/// What happens to one part of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes this.
    Set(T),
    /// It becomes empty.
    Clear,
}

/// A change to a session outside any message: what is not named stays as it is.
///
/// # Examples
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// use vimbiso_state::vimbisopay::{Choice, Stage, StateUpdate};
/// use vimbiso_state::Change;
///
/// let update = StateUpdate::new("handle_action_transactions")
///     .stage(Stage::Transactions)
///     .option(Change::Set(Choice::Transactions))
///     .change(|state| state.page_number = 1);
/// # let _ = update;
/// # }
/// ```
#[must_use = "an update takes effect when it is given to StateManager::update_state"]
pub struct StateUpdate<F: Flow> {
    update_from: &'static str,
    stage: Option<F::Stage>,
    option: Change<F::Choice>,
    direction: Option<Direction>,
    state: Change<F::State>,
    #[allow(clippy::type_complexity)] // said once
    change: Option<Box<dyn Fn(&mut F::State) + Send + Sync>>,
}

impl<F: Flow> StateUpdate<F> {
    /// An update that changes nothing yet. `update_from` labels its log line.
    pub fn new(update_from: &'static str) -> Self {
        let (option, state) = (Change::Keep, Change::Keep);
        Self {
            update_from,
            stage: None,
            option,
            direction: None,
            state,
            change: None,
        }
    }

    /// Moves to a stage, if the transition table allows it. The option stays what it was, as the specification has it, unless
    /// [`option`](Self::option) says otherwise.
    pub fn stage(self, stage: F::Stage) -> Self {
        Self {
            stage: Some(stage),
            ..self
        }
    }

    /// Keeps, sets or clears the option.
    pub fn option(self, option: Change<F::Choice>) -> Self {
        Self { option, ..self }
    }

    /// Notes which way the message went.
    pub fn direction(self, direction: Direction) -> Self {
        Self {
            direction: Some(direction),
            ..self
        }
    }

    /// Keeps the state, replaces it whole, or clears it. To change a field, use [`change`](Self::change).
    pub fn state(self, state: Change<F::State>) -> Self {
        Self { state, ..self }
    }

    /// Changes the state as it is when the update is applied, so that no field is lost that the caller did not know of. Runs
    /// after [`state`](Self::state), and once more if the session changed meanwhile.
    pub fn change(self, change: impl Fn(&mut F::State) + Send + Sync + 'static) -> Self {
        Self {
            change: Some(Box::new(change)),
            ..self
        }
    }

    pub(crate) fn apply(&self, turn: &mut Turn<F>) -> Result<(), Refused> {
        let option = match self.option {
            Change::Keep => turn.option(),
            Change::Set(option) => Some(option),
            Change::Clear => None,
        };
        turn.go(self.stage.unwrap_or(turn.stage()), option)?;
        match &self.state {
            Change::Keep => {}
            Change::Set(state) => turn.state_mut().clone_from(state),
            Change::Clear => *turn.state_mut() = F::State::default(),
        }
        if let Some(change) = &self.change {
            change(turn.state_mut());
        }
        if let Some(direction) = self.direction {
            turn.set_direction(direction);
        }
        turn.update_from(self.update_from);
        Ok(())
    }
}

/// Shows no state.
impl<F: Flow> std::fmt::Debug for StateUpdate<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateUpdate")
            .field("update_from", &self.update_from)
            .field("stage", &self.stage)
            .field("option", &self.option)
            .finish_non_exhaustive()
    }
}
