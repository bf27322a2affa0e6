//! One message being handled: a decision on a copy, which only a commit publishes.

mod change;
mod commit;
mod handled;
mod question;
mod question_counts;
mod step;
mod stored_reply;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use handled::Handled;
pub(crate) use question_counts::QuestionCounts;
pub use step::Step;
pub use stored_reply::{StorableReply, StoredReply};

use crate::flow::{Flow, QuestionId};
use crate::id::{CommitId, Direction, UserId};
use crate::session::{CachedUser, SessionStatus, Version};

/// One message being handled.
///
/// A turn works on a copy of the session. What is done to it takes effect when it is committed, all
/// at once; if it is dropped, the session stays as it was. It is sync and does no I/O, because the
/// same decision may be made again on a newer session.
///
/// A turn is committed only where it was begun. If a closure or the holder of an
/// [`OpenTurn`](crate::manager::OpenTurn) exchanges it for another one by `mem::swap` or an
/// assignment, the commit is refused with [`Error::Host`](crate::Error::Host), also if both belong
/// to one message.
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
/// let pick = turn.pick("3")?.open()?;
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
    /// How many questions this turn has shown: each has an id of its own.
    asked: u64,
    data_memory: usize,
    /// Whether a typed answer was read.
    read_typed: AtomicBool,
    question_counts: QuestionCounts,
    /// The question that was open when the turn began, and when it was asked.
    question_found: Option<(QuestionId, u64)>,
    needs_shown_question: bool,
    remind_in: Option<Duration>,
}

impl<F: Flow> Turn<F> {
    /// A turn on this user, for a test of a decision without a store. It cannot be committed.
    ///
    /// The user is new, active, expired or recovered:
    /// [`visitor`](CachedUser::visitor), [`resumed`](CachedUser::resumed),
    /// [`expired`](CachedUser::expired), [`recovered`](CachedUser::recovered).
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
        let question_found = user.state.question.as_ref();
        let question_found = question_found.map(|open| (open.id(), open.asked_at()));
        // Drawn here, and not at the commit, so that it identifies the turn from its beginning.
        let next_version = Version::after(user.version);
        Self {
            user,
            commit_id,
            next_version,
            found,
            reply: None,
            label: None,
            reset: false,
            asked: 0,
            data_memory: 0,
            read_typed: AtomicBool::new(false),
            question_counts: QuestionCounts::Always,
            question_found,
            needs_shown_question: false,
            remind_in: None,
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
    /// assert_eq!(turn.user().first_name(), Some("Ada"));
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
}

/// Shows the stage, and the length of the reply.
impl<F: Flow> fmt::Debug for Turn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("user", &self.user)
            .field("commit_id", &self.commit_id)
            .field("reply", &self.reply)
            .finish()
    }
}
