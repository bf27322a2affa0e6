//! The state of a conversation.

use std::fmt;
use std::sync::Arc;

use crate::flow::{Flow, OpenQuestion, QuestionId, Stage};
use crate::id::{Direction, JwtToken};

/// The state of a conversation: its stage and option, the open question, the last direction, and
/// its data.
///
/// This is a copy to read. It changes only through a [`Turn`](crate::Turn). `Debug` shows the stage
/// and the option, and nothing of the data or the token.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe, DRINKS, Pick};
/// use vimbiso_state::{CachedUser, Direction, Turn, UserId};
///
/// let user = UserId::new("263771234567")?;
/// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(user));
/// let question = turn.show(&DRINKS);
/// turn.select(Pick::Coffee)?;
///
/// let state = turn.user().state();
/// assert_eq!(state.stage(), At::Counter);
/// assert_eq!(state.option(), Some(Pick::Coffee));
/// assert_eq!(state.menu_shown(), Some("drinks"));
/// assert_eq!(state.question(), Some(question));
/// assert_eq!(state.direction(), Direction::Out);
/// assert!(state.data().guest.is_none());
/// assert!(state.jwt_token().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CachedUserState<F: Flow> {
    pub(crate) stage: F::Stage,
    pub(crate) option: Option<F::Choice>,
    pub(crate) direction: Direction,
    pub(crate) question: Option<OpenQuestion>,
    /// Shared with the session cache until a turn changes it.
    pub(crate) data: Arc<F::Data>,
    pub(crate) jwt_token: Option<JwtToken>,
}

impl<F: Flow> CachedUserState<F> {
    /// A new conversation with this data: the start stage, no option, no question, direction `OUT`.
    pub(crate) fn new(data: F::Data) -> Self {
        Self {
            stage: F::Stage::START,
            option: None,
            direction: Direction::default(),
            question: None,
            data: Arc::new(data),
            jwt_token: None,
        }
    }

    /// Whether both are stored alike. The token is not part of the session.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        let Self {
            stage,
            option,
            direction,
            question,
            data,
            jwt_token: _,
        } = self;
        let rest = (stage, option, direction, question);
        rest == (
            &other.stage,
            &other.option,
            &other.direction,
            &other.question,
        ) && is_same_data::<F>(data, &other.data)
    }

    /// The stage.
    #[must_use]
    pub fn stage(&self) -> F::Stage {
        self.stage
    }

    /// The choice that was made last, or the step within the stage.
    #[must_use]
    pub fn option(&self) -> Option<F::Choice> {
        self.option
    }

    /// Which way the last message went.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The name of the menu that was shown last and is still open.
    #[must_use]
    pub fn menu_shown(&self) -> Option<&str> {
        self.question.as_ref().and_then(OpenQuestion::menu)
    }

    /// The question that was asked last and is still open, with a menu or without.
    #[must_use]
    pub fn question(&self) -> Option<QuestionId> {
        self.question.as_ref().map(OpenQuestion::id)
    }

    /// What the conversation remembers.
    #[must_use]
    pub fn data(&self) -> &F::Data {
        &self.data
    }

    /// The token, as [`StateManager::load`](crate::StateManager::load) has read it.
    ///
    /// `None` after a turn, because a turn neither reads nor writes the token.
    #[must_use]
    pub fn jwt_token(&self) -> Option<&JwtToken> {
        self.jwt_token.as_ref()
    }
}

fn is_same_data<F: Flow>(data: &Arc<F::Data>, other: &Arc<F::Data>) -> bool {
    if Arc::ptr_eq(data, other) {
        return true;
    }
    // Data need not be `Eq`. As values, because a map may be written in another order each time.
    match (
        serde_json::to_value(&**data),
        serde_json::to_value(&**other),
    ) {
        (Ok(data), Ok(other)) => data == other,
        // The commit says what is wrong with it.
        _ => false,
    }
}

impl<F: Flow> fmt::Debug for CachedUserState<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedUserState")
            .field("stage", &self.stage)
            .field("option", &self.option)
            .field("direction", &self.direction)
            .field("menu_shown", &self.menu_shown())
            .finish_non_exhaustive()
    }
}

// By hand, because a derive would ask the flow itself to be `Clone`.
impl<F: Flow> Clone for CachedUserState<F> {
    fn clone(&self) -> Self {
        Self {
            question: self.question.clone(),
            data: Arc::clone(&self.data),
            jwt_token: self.jwt_token.clone(),
            ..*self
        }
    }
}
