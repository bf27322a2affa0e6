//! What is remembered of a conversation.

use std::fmt;
use std::sync::Arc;

use crate::flow::{Flow, Shown, Stage};
use crate::id::{Direction, JwtToken};
use crate::session::Decoded;

/// Where a conversation stands and what it remembers.
///
/// A read copy: it changes through a [`Turn`](crate::Turn) or a [`StateUpdate`](crate::StateUpdate), never in place. `Debug` shows
/// where the conversation stands, not what it remembers.
pub struct CachedUserState<F: Flow> {
    pub(crate) stage: F::Stage,
    pub(crate) option: Option<F::Choice>,
    pub(crate) direction: Direction,
    pub(crate) shown: Option<Shown>,
    /// Shared with the guess, until a turn changes it.
    pub(crate) data: Arc<F::Data>,
    pub(crate) jwt_token: Option<JwtToken>,
}

impl<F: Flow> CachedUserState<F> {
    /// A new conversation: the start stage, no option, direction `OUT`, an empty state.
    pub(crate) fn new(data: F::Data) -> Self {
        Self {
            stage: F::Stage::START,
            option: None,
            direction: Direction::default(),
            shown: None,
            data: Arc::new(data),
            jwt_token: None,
        }
    }

    pub(crate) fn from_decoded(decoded: Decoded<F>) -> Self {
        let Decoded {
            stage,
            option,
            direction,
            shown,
            data,
        } = decoded;
        Self {
            stage,
            option,
            direction,
            shown,
            data: Arc::new(data),
            jwt_token: None,
        }
    }

    /// The stage.
    #[must_use]
    pub fn stage(&self) -> F::Stage {
        self.stage
    }

    /// The choice that was made last, or the sub-step within the stage.
    #[must_use]
    pub fn option(&self) -> Option<F::Choice> {
        self.option
    }

    /// Which way the last message went.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The name of the menu that was shown last and still stands open.
    #[must_use]
    pub fn menu_shown(&self) -> Option<&str> {
        self.shown.as_ref().map(Shown::menu)
    }

    /// What the conversation remembers.
    #[must_use]
    pub fn data(&self) -> &F::Data {
        &self.data
    }

    /// The token, as it was read by [`StateManager::user`](crate::StateManager::user).
    ///
    /// A turn neither reads nor writes the token, so what comes out of one carries none.
    #[must_use]
    pub fn jwt_token(&self) -> Option<&JwtToken> {
        self.jwt_token.as_ref()
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

impl<F: Flow> Clone for CachedUserState<F> {
    fn clone(&self) -> Self {
        Self {
            shown: self.shown.clone(),
            data: Arc::clone(&self.data),
            jwt_token: self.jwt_token.clone(),
            ..*self
        }
    }
}
