//! What a host calls with a message.

use std::convert::Infallible;
use std::future::Ready;

use super::StateManager;
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, MessageId, UserId};
use crate::turn::{Handled, Step, Turn};

impl<F: Flow> StateManager<F> {
    /// Handles one message: decides on the newest session, commits the decision, and only then
    /// returns.
    ///
    /// The closure is sync and does no I/O, and it may run more than once: first on the session
    /// that this process committed last, if it still has that in its cache, and again after another
    /// worker was faster. All its effects go through the turn. What it returns on a cached session
    /// is used only if the store confirms that session.
    ///
    /// Messages of one user are handled one after the other in this process. A turn whose future
    /// you neither drive nor drop keeps the user's other messages waiting, each until its deadline.
    /// A message that has
    /// taken effect before is a [`Duplicate`](Handled::Duplicate) and changes nothing. Every commit
    /// prolongs the session, also one that changed nothing.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS};
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    ///
    /// let handled = manager
    ///     .handle(&user, &message, |turn| {
    ///         turn.show(&DRINKS);
    ///         let reply = format!("What would you like?\n{DRINKS}");
    ///         turn.remember_reply(&reply)?; // a second delivery gets the same reply
    ///         Ok(Step::Commit(reply))
    ///     })
    ///     .await?;
    /// assert!(!handled.is_duplicate());
    /// println!("{}", handled.into_output()?.unwrap_or_default()); // reply only now
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// * the error that the closure returned; the session is unchanged, as it is after a panic in
    ///   the closure. An error of your own leaves the closure with
    ///   [`.map_err(Error::host)?`](Error::host)
    /// * [`Error::Contended`] if others kept changing the session, or kept the queue, until the
    ///   deadline
    /// * [`Error::Stale`] if the message was [sent](MessageId::sent_at) before the store's memory
    ///   begins
    /// * [`Error::Fenced`] if [`resolve`](Self::resolve) has given up this message
    /// * [`Error::State`] if the data must not be stored, or cannot be read back
    /// * [`Error::Host`] if the closure exchanged its turn for another one, also for that of an
    ///   earlier attempt of this message: that one was decided on an older session
    /// * [`Error::NewerFormat`] if a later release has written the session
    /// * [`Error::Store`] if the store failed, or, as
    ///   [`StoreError::Misconfigured`](crate::StoreError::Misconfigured), if the session belongs to
    ///   [another flow](Flow::NAME); after
    ///   [`StoreError::Unknown`](crate::StoreError::Unknown), deliver the message again or ask
    ///   [`resolve`](Self::resolve)
    pub async fn handle<T: Send>(
        &self,
        user: &UserId,
        message: &MessageId,
        decide: impl Fn(&mut Turn<F>) -> Result<Step<T>, Error> + Send,
    ) -> Result<Handled<F, T>, Error> {
        self.age_of(message)?;
        self.decide(user, CommitId::of(user, message), decide).await
    }

    /// [`handle`](Self::handle) for a decision that needs facts from elsewhere, such as a balance
    /// from an API.
    ///
    /// If the closure returns [`Step::Ask`], `look_up` answers the question and the closure runs
    /// again on the same session with that fact added. That costs no further load, the user keeps
    /// their position in the queue, and the deadline does not run meanwhile: give each look-up a
    /// timeout of its own, and let a failed look-up be a fact too. Facts are dropped if another
    /// worker changes the session, because they may not fit it any more.
    ///
    /// A look-up must not change anything: it may be made again.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
    ///
    /// async fn price_of(drink: &'static str) -> u32 {
    ///     if drink == "coffee" { 3 } else { 2 } // an HTTP call in real life
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// let handled = manager
    ///     .handle_with_facts(
    ///         &user,
    ///         &message,
    ///         |_turn, prices: &[u32]| match prices {
    ///             [] => Ok(Step::Ask("coffee")),
    ///             [price, ..] => Ok(Step::Commit(format!("A coffee is {price} dollars."))),
    ///         },
    ///         price_of,
    ///     )
    ///     .await?;
    /// assert_eq!(handled.into_output()?.as_deref(), Some("A coffee is 3 dollars."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`handle`](Self::handle); [`Error::Host`] if the closure asks for more than 32
    /// facts.
    pub async fn handle_with_facts<T, Q, A, L>(
        &self,
        user: &UserId,
        message: &MessageId,
        decide: impl Fn(&mut Turn<F>, &[A]) -> Result<Step<T, Q>, Error> + Send,
        look_up: impl Fn(Q) -> L + Send,
    ) -> Result<Handled<F, T>, Error>
    where
        T: Send,
        Q: Send,
        A: Send + Sync,
        L: Future<Output = A> + Send,
    {
        self.age_of(message)?;
        let commit_id = CommitId::of(user, message);
        let ran = self.run(user, commit_id, decide, Some(look_up), None);
        ran.await?.into_handled()
    }

    /// A turn under this commit id whose decision needs no facts.
    pub(super) async fn decide<T: Send>(
        &self,
        user: &UserId,
        commit_id: CommitId,
        decide: impl Fn(&mut Turn<F>) -> Result<Step<T>, Error> + Send,
    ) -> Result<Handled<F, T>, Error> {
        let decide = move |turn: &mut Turn<F>, _: &[Infallible]| decide(turn);
        let no_look_up: Option<fn(Infallible) -> Ready<Infallible>> = None;
        let ran = self.run(user, commit_id, decide, no_look_up, None);
        ran.await?.into_handled()
    }
}
