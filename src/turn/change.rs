//! What a decision can do to its turn.

use std::sync::Arc;
use std::time::Duration;

use super::Turn;
use super::stored_reply::{StorableReply, StoredReply};
use crate::error::Error;
use crate::flow::{self, Choice, Flow, InvalidTransition};
use crate::id::Direction;
use crate::session::{self, CachedUserState};

impl<F: Flow> Turn<F> {
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

    /// Starts over: the start stage, no option, no open question, default data. The token is not
    /// part of the session and stays.
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
    /// delivery gets it as [`Handled::Duplicate`](crate::Handled::Duplicate), and
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
    /// [`Error::ReplyTooLarge`] if it is longer than 16 KiB as JSON, [`Error::ReplyNotWritable`] if
    /// it cannot be written as JSON, [`Error::ReplyNotReadable`] if a second delivery could not
    /// read it back as it was: it holds `f64::NAN`, for example. The turn keeps the reply that it
    /// had.
    pub fn remember_reply<R: StorableReply + ?Sized>(&mut self, reply: &R) -> Result<(), Error> {
        let json = session::encode_reply::<R, R::ReadAs>(reply)?;
        self.reply = Some(StoredReply::new(json.into_boxed_bytes()));
        Ok(())
    }

    /// Asks a [`Bot`](crate::bot::Bot) to [remind](crate::bot::Conversation::remind) the user after
    /// this time, once, if nothing has changed by then: 1 s to 9 tenths of the store's retention.
    /// Each message drops an earlier reminder. Without a bot, or if the bot has no channel, it has
    /// no effect.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{CachedUser, Turn, UserId};
    ///
    /// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.remind_in(Duration::from_secs(120));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remind_in(&mut self, time: Duration) {
        self.remind_in = Some(time);
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
}
