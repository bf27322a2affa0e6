//! The path of one message: wait in the user's queue, take a snapshot, decide, commit, and decide
//! again after a conflict.

use std::convert::Infallible;
use std::future::Ready;

use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::StateManager;
use super::attempt::{self, Attempt, Effort};
use super::commit::{Committed, Found, Lanes};
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, MessageId, UserId};
use crate::session::CachedUser;
use crate::store::{OutboxChanges, OutboxRefusal, SessionWrite};
use crate::turn::{Handled, Step, StoredReply, Turn};

/// How many facts a decision may ask for. A decision that asks for more is taken for one that never
/// ends.
const MAX_FACTS: usize = 32;

/// What an output changes in the outbox.
pub(crate) type Changes<T> = fn(&T) -> OutboxChanges<'_>;

/// One message, and how it is decided.
struct Message<'a, T, D, U> {
    user: &'a UserId,
    commit_id: CommitId,
    decide: D,
    look_up: Option<U>,
    changes: Option<Changes<T>>,
}

/// What became of a message, and the outbox as it left or found it.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // matched where it is returned, so a box would only cost
pub(crate) enum Ran<F: Flow, T> {
    Committed {
        user: CachedUser<F>,
        output: T,
        lanes: Lanes,
    },
    Stopped {
        user: CachedUser<F>,
        output: T,
    },
    Duplicate {
        user: CachedUser<F>,
        reply: Option<StoredReply>,
        /// `None` if a load has found it, which does not look at the outbox.
        lanes: Option<Lanes>,
    },
    Refused(OutboxRefusal),
}

impl<F: Flow, T> Ran<F, T> {
    fn into_handled(self) -> Result<Handled<F, T>, Error> {
        match self {
            Self::Committed { user, output, .. } => Ok(Handled::Committed { user, output }),
            Self::Stopped { user, output } => Ok(Handled::Stopped { user, output }),
            Self::Duplicate { user, reply, .. } => Ok(Handled::Duplicate { user, reply }),
            // Only a commit with changes to the outbox is refused.
            Self::Refused(_) => Err(Error::Conflict),
        }
    }
}

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
        self.refuse_stale(message)?;
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
        self.refuse_stale(message)?;
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

    /// A turn under this commit id, in the user's queue. `changes` says what an output changes in
    /// the outbox.
    pub(crate) async fn run<T, Q, A, L>(
        &self,
        user: &UserId,
        commit_id: CommitId,
        decide: impl Fn(&mut Turn<F>, &[A]) -> Result<Step<T, Q>, Error> + Send,
        look_up: Option<impl Fn(Q) -> L + Send>,
        changes: Option<Changes<T>>,
    ) -> Result<Ran<F, T>, Error>
    where
        T: Send,
        Q: Send,
        A: Send + Sync,
        L: Future<Output = A> + Send,
    {
        async {
            let deadline = self.deadline();
            let mut effort = Effort::new();
            let ran = match timeout_at(deadline, self.inner.queues.enter(user)).await {
                Ok(_queue_position) => {
                    let message = Message {
                        user,
                        commit_id,
                        decide,
                        look_up,
                        changes,
                    };
                    self.until_committed(message, &mut effort, deadline).await
                }
                Err(_) => Err(effort.contended()),
            };
            effort.finish(ran)
        }
        .instrument(attempt::span(user, &commit_id))
        .await
    }

    async fn until_committed<T, Q, A, D, U, L>(
        &self,
        message: Message<'_, T, D, U>,
        effort: &mut Effort,
        mut deadline: Instant,
    ) -> Result<Ran<F, T>, Error>
    where
        D: Fn(&mut Turn<F>, &[A]) -> Result<Step<T, Q>, Error> + Send,
        U: Fn(Q) -> L + Send,
        T: Send,
        Q: Send,
        A: Send + Sync,
        L: Future<Output = A> + Send,
    {
        let Message {
            user,
            commit_id,
            decide,
            look_up,
            changes,
        } = message;
        let cache = &self.inner.session_cache;
        let mut next = cache.snapshot(user, &commit_id);
        loop {
            let snapshot = match next.take() {
                Some(snapshot) => snapshot,
                None => match self.load_for(user, commit_id, effort, deadline).await? {
                    Found::Session(snapshot) => snapshot,
                    Found::Duplicate(user, reply) => {
                        return Ok(Ran::Duplicate {
                            user,
                            reply,
                            lanes: None,
                        });
                    }
                },
            };
            effort.attempts += 1;
            // Only a decision that may ask is made again on the same snapshot.
            let again = look_up.as_ref().map(|_| snapshot.clone());
            // From here on the closure has the turn, and the attempt has what it must not touch.
            let (mut attempt, mut turn) = Attempt::begin(snapshot, commit_id);
            let mut facts = Vec::new();
            let decided = loop {
                let question = match decide(&mut turn, &facts) {
                    Ok(Step::Commit(output)) => {
                        let write = changes
                            .map_or(SessionWrite::Prolong, |changes| changes(&output).session);
                        // Without a precondition, the store would not notice that it is stale.
                        if write == SessionWrite::Nothing && attempt.is_cached() {
                            break Ok((output, None));
                        }
                        break attempt
                            .record(&mut turn, write)
                            .map(|record| (output, Some(record)));
                    }
                    Ok(Step::Stop(output)) => break Ok((output, None)),
                    Ok(Step::Ask(question)) => question,
                    Err(error) => break Err(error),
                };
                let (Some(look_up), Some(again)) = (&look_up, &again) else {
                    break Err(Error::host("this turn has no look-up"));
                };
                if facts.len() == MAX_FACTS {
                    break Err(Error::host(format!(
                        "the closure asked for more than {MAX_FACTS} facts"
                    )));
                }
                let asked_at = Instant::now();
                // In two steps: the borrow of the closure must not live across the await.
                let fact = look_up(question);
                facts.push(fact.await);
                // The look-up has a timeout of its own.
                deadline += asked_at.elapsed();
                (attempt, turn) = Attempt::begin(again.clone(), commit_id);
            };
            let (output, record) = match decided {
                Ok((output, Some(record))) => (output, record),
                // What a cached session led to, other than a commit that the store can refuse, is
                // no answer: load, and decide again.
                Ok((_, None)) | Err(_) if attempt.is_cached() => {
                    cache.stale();
                    continue;
                }
                Ok((output, None)) => {
                    attempt::record_outcome("stopped");
                    let user = attempt.user_as_loaded()?;
                    return Ok(Ran::Stopped { user, output });
                }
                Err(error) => return Err(error),
            };
            let committed = self
                .commit(
                    &attempt,
                    turn,
                    record,
                    changes.map(|changes| changes(&output)),
                    effort,
                    deadline,
                )
                .await?;
            if attempt.is_cached() {
                match committed {
                    Committed::Applied(..) => cache.hit(),
                    Committed::Duplicate(..) | Committed::Conflict(_) | Committed::Refused(_) => {
                        cache.stale();
                    }
                }
            }
            match committed {
                Committed::Applied(user, lanes) => {
                    return Ok(Ran::Committed {
                        user,
                        output,
                        lanes,
                    });
                }
                Committed::Duplicate(user, reply, lanes) => {
                    return Ok(Ran::Duplicate {
                        user,
                        reply,
                        lanes: Some(lanes),
                    });
                }
                Committed::Refused(why) => return Ok(Ran::Refused(why)),
                Committed::Conflict(newest) => next = Some(newest),
            }
            effort.back_off(deadline).await?;
        }
    }
}
