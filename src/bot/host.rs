//! The bot: what a host calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::channel::Channel;
use super::conversation::Conversation;
use super::report::{Report, ReportHook};
use super::service::Service;
use crate::error::Error;
use crate::id::{MessageId, UserId};
use crate::manager::StateManager;
use crate::store::{LeaseHolder, LeaseRequest, OutboxStore};

/// Holds a [`Conversation`]: decides on each message, commits, makes the calls, and sends the
/// replies, each once, also if processes die.
///
/// What is to be done after a commit is stored with it. The process that committed does it at once;
/// if it dies, another one that runs [`work`](Self::work) does it when the lease is over. A call is
/// made under one key until its outcome is known, and a reply is sent until the channel has
/// accepted it. See the guide's chapter [after the commit](crate::guide::after_the_commit) for what
/// is promised, and what a host's API must guarantee.
///
/// A clone is another handle to the same bot.
///
/// # Examples
/// ```
/// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
/// # use cafe_bot::{Cafe, Terminal, Till};
/// use vimbiso_state::bot::{Bot, Inbound};
/// use vimbiso_state::{MemoryStore, MessageId, StateManager, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let bot = Bot::new(manager, Till, Terminal);
/// tokio::spawn(bot.clone().work()); // in every process, as long as it runs
///
/// let user = UserId::new("263771234567")?;
/// let message = MessageId::new("wamid.1")?; // from the webhook
/// bot.handle(Inbound::new(user, message, "hi".to_owned())).await?;
/// // Committed: answer the webhook with 200. The reply is on its way.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Bot<C: Conversation> {
    pub(super) inner: Arc<Inner<C>>,
}

/// A message from the channel.
#[derive(Debug, Clone)]
pub struct Inbound<I> {
    pub(super) user: UserId,
    pub(super) message: MessageId,
    pub(super) input: I,
    pub(super) to: Option<String>,
}

impl<I> Inbound<I> {
    /// A message of this user with this id.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::bot::Inbound;
    /// use vimbiso_state::{MessageId, UserId};
    ///
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// let inbound = Inbound::new(user, message, "hi").reply_to("chat 7");
    /// # let _ = inbound;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(user: UserId, message: MessageId, input: I) -> Self {
        Self {
            user,
            message,
            input,
            to: None,
        }
    }

    /// Where the replies go that this message leads to, if the user id does not say it: in words of
    /// the channel, at most 256 bytes. [`Outgoing::to`](super::Outgoing::to) has it.
    #[must_use]
    pub fn reply_to(self, to: impl Into<String>) -> Self {
        Self {
            to: Some(to.into()),
            ..self
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) lease: Duration,
    pub(super) send_timeout: Duration,
    pub(super) call_timeout: Duration,
    pub(super) give_up_after: Duration,
    pub(super) workers: usize,
    pub(super) poll: Duration,
}

pub(super) struct Inner<C: Conversation> {
    pub(super) manager: StateManager<C>,
    pub(super) service: Arc<dyn Service<C>>,
    pub(super) channel: Option<Arc<dyn Channel<C>>>,
    on_report: Option<ReportHook>,
    pub(super) settings: Settings,
    /// One permit a user who is worked for.
    permits: Arc<Semaphore>,
    closing: AtomicBool,
}

impl<C: Conversation> Inner<C> {
    pub(super) fn new(
        manager: StateManager<C>,
        service: Arc<dyn Service<C>>,
        channel: Option<Arc<dyn Channel<C>>>,
        on_report: Option<ReportHook>,
        settings: Settings,
    ) -> Self {
        Self {
            manager,
            service,
            channel,
            on_report,
            permits: Arc::new(Semaphore::new(settings.workers)),
            settings,
            closing: AtomicBool::new(false),
        }
    }

    pub(super) fn outbox(&self) -> Result<&dyn OutboxStore, Error> {
        Ok(self.manager.outbox()?)
    }

    pub(super) fn report(&self, report: &Report) {
        report.log();
        if let Some(hook) = &self.on_report {
            hook(report);
        }
    }

    /// A lease for a worker that can begin at once; `None` if all are busy, or the bot shuts down.
    /// Then the store brings the work to any worker.
    pub(super) fn worker(&self) -> Option<Worker> {
        if self.is_closing() {
            return None;
        }
        // Waiting for a permit would keep the webhook waiting.
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(Worker {
            lease: LeaseRequest {
                holder: LeaseHolder::random(),
                length: self.settings.lease,
            },
            permit: Arc::new(permit),
        })
    }

    /// Waits until a quarter of the workers are free for who is due, but no longer than this.
    /// New messages get no worker meanwhile, so older work comes first. A quarter, and not one, so
    /// that the store is not asked once for each user.
    pub(super) async fn wait_for_workers(&self, time: Duration) {
        let some = u32::try_from(self.settings.workers.div_ceil(4)).unwrap_or(u32::MAX);
        let _ = timeout(time, self.permits.acquire_many(some)).await;
    }

    pub(super) fn free_workers(&self) -> usize {
        self.permits.available_permits()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}

/// The right to work for one user, until it is dropped.
pub(super) struct Worker {
    pub(super) lease: LeaseRequest,
    permit: Arc<OwnedSemaphorePermit>,
}

impl Worker {
    /// The same right under another holder, for a task beside the one that has this lease: a store
    /// cannot tell two tasks of one holder apart, and would let both work on a lane.
    pub(super) fn beside(&self) -> Self {
        Self {
            lease: LeaseRequest {
                holder: LeaseHolder::random(),
                length: self.lease.length,
            },
            permit: Arc::clone(&self.permit),
        }
    }
}

impl<C: Conversation> Bot<C> {
    pub(super) fn of(inner: Inner<C>) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The manager of the sessions.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::new(manager, Till, Terminal);
    /// println!("{:?}", bot.manager().cache_stats());
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    #[must_use]
    pub fn manager(&self) -> &StateManager<C> {
        &self.inner.manager
    }

    /// Stops taking on work, and waits until what was begun is done, at most for `deadline`.
    /// Returns whether all is done. What is left stays in the store, and other workers do it when
    /// its lease is over. Call it after the last [`handle`](Self::handle) has returned.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// # let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, Terminal);
    /// // When the process is told to stop:
    /// let all_done = bot.shutdown(Duration::from_secs(25)).await;
    /// assert!(all_done);
    /// # });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn shutdown(&self, deadline: Duration) -> bool {
        self.inner.closing.store(true, Ordering::SeqCst);
        // Each permit that is missing is a worker who is not done.
        let all = u32::try_from(self.inner.settings.workers).unwrap_or(u32::MAX);
        let idle = self.inner.permits.acquire_many(all);
        tokio::time::timeout(deadline, idle).await.is_ok()
    }
}

impl<C: Conversation> Clone for Bot<C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

/// Shows the settings, no session and no id.
impl<C: Conversation> fmt::Debug for Bot<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot")
            .field("settings", &self.inner.settings)
            .field("free_workers", &self.inner.free_workers())
            .finish_non_exhaustive()
    }
}
