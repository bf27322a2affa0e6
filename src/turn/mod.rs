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
/// A turn works on a copy of the session. What is done to it takes effect when it is committed, all
/// at once; if it is dropped, the session stays as it was. It is sync and does no I/O, because the
/// same decision may be made again on a newer session.
///
/// # Examples
/// A decision is tested without a store:
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe, DRINKS, Pick};
/// use vimbiso_state::{CachedUser, Turn, UserId};
///
/// let user = UserId::new("263771234567")?;
/// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(user));
/// turn.show(&DRINKS);
/// let pick = turn.pick("3")?;
/// turn.select(pick)?;
/// assert_eq!(turn.stage(), At::Paying);
/// assert_eq!(turn.option(), Some(Pick::Pay));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a turn takes effect when it is committed"]
pub struct Turn<F: Flow> {
    user: CachedUser<F>,
    commit_id: CommitId,
    /// The version that a commit of this turn makes. It is unique, so it tells this turn from any
    /// other.
    next_version: Version,
    found: (F::Stage, Option<F::Choice>),
    reply: Option<StoredReply>,
    label: Option<&'static str>,
    reset: bool,
}

impl<F: Flow> Turn<F> {
    /// A turn on this user, for a test of a decision without a store. It cannot be committed.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe};
    /// use vimbiso_state::{CachedUser, Turn, UserId};
    ///
    /// let user = CachedUser::visitor(UserId::new("263771234567")?);
    /// let turn = Turn::<Cafe>::of(user);
    /// assert_eq!(turn.stage(), At::Counter);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
            label: None,
            reset: false,
        }
    }

    /// The user's id.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// assert_eq!(turn.user_id().expose(), "263771234567");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    /// The user as this turn has changed them so far.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.data_mut().guest = Some("Ada".to_owned());
    /// assert_eq!(turn.user().first_name(), "Ada");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn user(&self) -> &CachedUser<F> {
        &self.user
    }

    /// How the session was found: new, active, expired or recovered.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, SessionStatus, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// let greeting = match turn.status() {
    ///     SessionStatus::New => "Welcome!",
    ///     SessionStatus::Active => "Yes?",
    ///     SessionStatus::Expired { .. } => "Your session has expired. Let us start again.",
    ///     SessionStatus::Recovered { .. } => "Sorry, we lost track. Let us start again.",
    /// };
    /// assert_eq!(greeting, "Welcome!");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> &SessionStatus<F> {
        &self.user.status
    }

    /// The id of the commit that this turn makes. The same at every delivery of the message.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// println!("handling commit {}", turn.commit_id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn commit_id(&self) -> CommitId {
        self.commit_id
    }

    /// The stage.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// assert_eq!(turn.stage(), At::Counter);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stage(&self) -> F::Stage {
        self.user.state.stage
    }

    /// The choice that was made last, or the sub-step within the stage.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, Pick};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// assert_eq!(turn.option(), None);
    /// turn.select(Pick::Tea)?;
    /// assert_eq!(turn.option(), Some(Pick::Tea));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn option(&self) -> Option<F::Choice> {
        self.user.state.option
    }

    /// Which way the last message went.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Direction, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// assert_eq!(turn.direction(), Direction::Out);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.user.state.direction
    }

    /// The data that the conversation remembers.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// assert!(turn.data().drinks.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn data(&self) -> &F::Data {
        &self.user.state.data
    }

    /// The data that the conversation remembers, to be changed.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.data_mut().drinks.push("tea".to_owned());
    /// assert_eq!(turn.data().drinks, ["tea"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn data_mut(&mut self) -> &mut F::Data {
        Arc::make_mut(&mut self.user.state.data)
    }

    /// Reads an answer against the menu that this user saw last: its number, or a choice's wire
    /// name.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS, Pick};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.show(&DRINKS);
    /// assert_eq!(turn.pick("2")?, Pick::Tea);
    /// assert_eq!(turn.pick("coffee")?, Pick::Coffee);
    /// assert!(turn.pick("4").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotOnMenu`] if the menu has no such choice, or no menu is open.
    pub fn pick(&self, answer: &str) -> Result<F::Choice, NotOnMenu> {
        match &self.user.state.shown {
            Some(shown) => shown.pick(answer),
            None => Err(NotOnMenu { options: 0 }),
        }
    }

    /// Makes a choice: moves to the stage that it leads to, or, if it leads to none, to that option
    /// within this stage.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Pick};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.select(Pick::Coffee)?;
    /// assert_eq!(turn.stage(), At::Counter);
    /// turn.select(Pick::Pay)?;
    /// assert_eq!(turn.stage(), At::Paying);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidTransition`] if the table has no such step. Nothing is changed then.
    pub fn select(&mut self, choice: F::Choice) -> Result<(), InvalidTransition> {
        self.transition_to(choice.leads_to().unwrap_or(self.stage()), choice)
    }

    /// Moves to a stage, and to an option within it. Staying in the stage is always allowed.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.transition_to(At::Paying, None)?;
    /// assert_eq!(turn.stage(), At::Paying);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidTransition`] if the table has no such step. Nothing is changed then.
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

    /// Records which menu the reply shows, so that the next answer is read against it. It stays
    /// open until another menu is shown, or until [`close_menu`](Self::close_menu).
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.show(&DRINKS);
    /// assert!(turn.pick("1").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn show(&mut self, menu: &MenuOptions<F::Choice>) {
        self.user.state.shown = Some(Shown::new(menu));
    }

    /// Records that no menu is open any more: a number then means nothing.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.show(&DRINKS);
    /// turn.close_menu();
    /// assert!(turn.pick("1").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close_menu(&mut self) {
        self.user.state.shown = None;
    }

    /// Records which way the message went.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Direction, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.set_direction(Direction::In);
    /// assert_eq!(turn.direction(), Direction::In);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_direction(&mut self, direction: Direction) {
        self.user.state.direction = direction;
    }

    /// Starts over: the start stage, no option, no menu, default data. The token is not part of the
    /// session and stays.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Pick};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.select(Pick::Pay)?;
    /// turn.reset();
    /// assert_eq!(turn.stage(), At::Counter);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reset(&mut self) {
        self.user.state = CachedUserState::new(F::Data::default());
        self.reset = true;
    }

    /// Stores the reply with the commit, for as long as the store remembers the message. A second
    /// delivery gets it as [`Handled::Duplicate`], and
    /// [`stored_reply`](crate::StateManager::stored_reply) returns it.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.remember_reply("One coffee, coming up.")?;
    /// assert!(turn.remember_reply(&"x".repeat(20_000)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ReplyTooLarge`] if it is longer than 16 KiB as JSON, [`Error::Reply`] if it cannot
    /// be written as JSON.
    pub fn remember_reply(&mut self, reply: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        // The cause is dropped on purpose: serde's message may quote the reply.
        let json = serde_json::to_vec(reply).map_err(|_| Error::Reply)?;
        if json.len() > Record::MAX_REPLY {
            return Err(Error::ReplyTooLarge { bytes: json.len() });
        }
        self.reply = Some(StoredReply::new(json.into()));
        Ok(())
    }

    /// Labels this turn in the log, as the field `update_from`: with the name of the handler, for
    /// example.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.label("order_handler");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn label(&mut self, label: &'static str) {
        self.label = Some(label);
    }

    /// The version that a commit of this turn makes.
    pub(crate) fn next_version(&self) -> Version {
        self.next_version
    }

    /// What a store is to keep. `entered_by` is the commit that took the session to where this turn
    /// found it.
    pub(crate) fn to_record(&self, entered_by: Option<CommitId>) -> Result<Record, Error> {
        let state = &self.user.state;
        let moved = self.reset || self.found != (self.stage(), self.option());
        Ok(Record {
            version: self.next_version,
            entered_by: entered_by.filter(|_| !moved).unwrap_or(self.commit_id),
            format: F::DATA_FORMAT,
            stage: state.stage.name().into(),
            option: state.option.map(|option| option.name().into()),
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
