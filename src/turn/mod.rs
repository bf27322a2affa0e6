//! One message being handled: a decision on a copy, which only a commit publishes.

mod handled;
mod step;
mod stored_reply;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

pub use handled::Handled;
pub use step::Step;
pub use stored_reply::StoredReply;

use crate::error::Error;
use crate::flow::{self, Choice, Flow, InvalidTransition, MenuOptions, NotOnMenu, Shown, Stage};
use crate::id::{CommitId, Direction, UserId};
use crate::session::{CachedUser, CachedUserState, Record, SessionStatus, Version, encode_state};

/// One message being handled.
///
/// A turn works on a copy of the session. What is done to it takes effect when it is committed, and all at once; dropped, it
/// leaves no trace. It is sync and does no I/O: the same decision may be made again on a newer session.
///
/// # Examples
/// A decision is tested without a store:
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// use vimbiso_state::vimbisopay::{CachedUser, Choice, Stage, TIER_1, Turn};
/// use vimbiso_state::UserId;
///
/// let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567").unwrap()));
/// turn.show(&TIER_1);
/// let choice = turn.pick("4").unwrap();
/// turn.select(choice).unwrap();
/// assert_eq!((turn.stage(), turn.option()), (Stage::Transactions, Some(Choice::Transactions)));
///
/// let refused = turn.transition_to(Stage::AuthorizeMember, None).unwrap_err();
/// assert!(refused.allowed.contains(&"handle_action_menu"));
/// assert_eq!(turn.stage(), Stage::Transactions);
/// # }
/// ```
#[must_use = "a turn takes effect when it is committed"]
pub struct Turn<F: Flow> {
    user: CachedUser<F>,
    commit_id: CommitId,
    /// The version that a commit of this turn makes. Unique, so it tells this turn from any other.
    next_version: Version,
    found: (F::Stage, Option<F::Choice>),
    reply: Option<StoredReply>,
    /// The name of a choice on a menu that cannot be remembered.
    unfit: Option<&'static str>,
    label: Option<&'static str>,
    reset: bool,
}

impl<F: Flow> Turn<F> {
    /// A turn on this user, for a test of a decision without a store. It cannot be committed.
    pub fn of(user: CachedUser<F>) -> Self {
        Self::new(user, CommitId::random())
    }

    pub(crate) fn new(user: CachedUser<F>, commit_id: CommitId) -> Self {
        let found = (user.state.stage, user.state.option);
        let next_version = Version::after(user.version);
        Self {
            user,
            commit_id,
            next_version,
            found,
            reply: None,
            unfit: None,
            label: None,
            reset: false,
        }
    }

    /// The user's id.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    /// The user as the turn has it now, changes included.
    #[must_use]
    pub fn user(&self) -> &CachedUser<F> {
        &self.user
    }

    /// How the session was found.
    #[must_use]
    pub fn status(&self) -> &SessionStatus<F> {
        &self.user.status
    }

    /// The id of the commit that this turn will make: an idempotency key for the API call that it announces.
    #[must_use]
    pub fn commit_id(&self) -> CommitId {
        self.commit_id
    }

    /// The stage.
    #[must_use]
    pub fn stage(&self) -> F::Stage {
        self.user.state.stage
    }

    /// The choice that was made last, or the sub-step within the stage.
    #[must_use]
    pub fn option(&self) -> Option<F::Choice> {
        self.user.state.option
    }

    /// Which way the last message went.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.user.state.direction
    }

    /// What the conversation remembers.
    #[must_use]
    pub fn data(&self) -> &F::Data {
        &self.user.state.data
    }

    /// What the conversation remembers, to be changed.
    pub fn data_mut(&mut self) -> &mut F::Data {
        Arc::make_mut(&mut self.user.state.data)
    }

    /// What a reply means on the menu as it was last shown to this user: a number, or a choice's wire name.
    ///
    /// # Errors
    /// [`NotOnMenu`] where the menu has no such choice, or none is open.
    pub fn pick(&self, reply: &str) -> Result<F::Choice, NotOnMenu> {
        self.user
            .state
            .shown
            .as_ref()
            .map_or(Err(NotOnMenu { options: 0 }), |shown| shown.pick(reply))
    }

    /// Makes a choice: to the stage it leads to, or, where it leads nowhere, to that option within this stage.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has no such step. Nothing is changed then.
    pub fn select(&mut self, choice: F::Choice) -> Result<(), InvalidTransition> {
        self.transition_to(choice.leads_to().unwrap_or(self.stage()), choice)
    }

    /// Moves to a stage and an option within it. Staying in the stage is always legal.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has no such step. Nothing is changed then.
    pub fn transition_to(
        &mut self,
        stage: F::Stage,
        option: impl Into<Option<F::Choice>>,
    ) -> Result<(), InvalidTransition> {
        flow::check_step(self.stage(), stage)?;
        self.user.state.stage = stage;
        self.user.state.option = option.into();
        Ok(())
    }

    /// Notes which menu the reply to this message shows, so that the next one is read against it. It stays open until another
    /// one is shown, or [`close_menu`](Self::close_menu).
    pub fn show(&mut self, menu: &MenuOptions<F::Choice>) {
        match Shown::new(menu) {
            Ok(shown) => self.user.state.shown = Some(shown),
            Err(name) => self.unfit = Some(name),
        }
    }

    /// Notes that no menu is open any more: a number means nothing then.
    pub fn close_menu(&mut self) {
        self.user.state.shown = None;
    }

    /// Notes which way the message went.
    pub fn set_direction(&mut self, direction: Direction) {
        self.user.state.direction = direction;
    }

    /// Starts over: the start stage, no option, no menu, an empty state. The token is not the session's, and stays.
    pub fn reset(&mut self) {
        self.user.state = CachedUserState::new(F::Data::default());
        self.reset = true;
    }

    /// Remembers the reply with the commit, for as long as the store remembers the message: a second delivery gets it back
    /// as [`Handled::Duplicate`](crate::Handled::Duplicate).
    ///
    /// # Errors
    /// [`Error::ReplyTooLarge`] beyond 16 KiB of JSON, [`Error::Reply`] where it cannot be written as JSON.
    pub fn remember_reply(&mut self, reply: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let json = serde_json::to_vec(reply).map_err(|_| Error::Reply)?;
        if json.len() > Record::MAX_REPLY {
            return Err(Error::ReplyTooLarge { bytes: json.len() });
        }
        self.reply = Some(StoredReply::new(json.into()));
        Ok(())
    }

    /// Labels this turn in the log, as the field `update_from`: the name of the handler, say.
    pub fn label(&mut self, label: &'static str) {
        self.label = Some(label);
    }

    /// The version that a commit of this turn makes.
    pub(crate) fn next_version(&self) -> Version {
        self.next_version
    }

    /// What a store is to keep. `entered_by` is the commit that took the session to where this turn found it.
    pub(crate) fn to_record(&self, entered_by: Option<CommitId>) -> Result<Record, Error> {
        let state = &self.user.state;
        let option = state
            .option
            .map(flow::wire_name)
            .transpose()
            .map_err(Error::Name)?;
        if let Some(name) = self.unfit {
            return Err(Error::Name(name));
        }
        let moved = self.reset || self.found != (self.stage(), self.option());
        Ok(Record {
            version: self.next_version,
            entered_by: entered_by.filter(|_| !moved).unwrap_or(self.commit_id),
            format: F::DATA_FORMAT,
            stage: state.stage.name().into(),
            option: option.map(Into::into),
            direction: state.direction,
            menu: state.shown.as_ref().map(|shown| shown.text().clone()),
            data: encode_state::<F>(&state.data)?,
        })
    }

    pub(crate) fn reply(&self) -> Option<&[u8]> {
        self.reply.as_ref().map(StoredReply::json)
    }

    /// Publishes the copy, as the store now has it.
    pub(crate) fn into_committed(mut self, record: &Arc<Record>) -> CachedUser<F> {
        self.log();
        self.user.version = Some(record.version);
        self.user
    }

    pub(crate) fn log_label(&self) -> Option<&'static str> {
        self.label
    }

    pub(crate) fn stage_found(&self) -> F::Stage {
        self.found.0
    }

    /// The specification's log lines.
    fn log(&self) {
        let stage = self.stage().name();
        let update_from = self.label;
        if self.reset {
            tracing::info!("Resetting state");
        }
        tracing::info!(stage, update_from, "Updating state");
        if self.found.0 != self.stage() {
            tracing::info!(stage, "Setting current stage");
        }
    }
}

/// Shows where the conversation stands, and of the reply its length.
impl<F: Flow> fmt::Debug for Turn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("user", &self.user)
            .field("commit_id", &self.commit_id)
            .field("reply", &self.reply)
            .finish()
    }
}
