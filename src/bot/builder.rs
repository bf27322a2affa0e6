//! The settings of a bot.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Bot;
use super::channel::Channel;
use super::conversation::Conversation;
use super::host::{Inner, Settings};
use super::report::{Report, ReportHook};
use super::service::Service;
use crate::error::Error;
use crate::manager::StateManager;

/// The lease that is not set: long enough for a slow call, short enough for a user who waits.
const LEASE: Duration = Duration::from_secs(30);

/// The settings of a [`Bot`], each with a default.
///
/// # Examples
/// ```
/// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
/// # use cafe_bot::{Cafe, Terminal, Till};
/// use std::time::Duration;
///
/// use vimbiso_state::bot::Bot;
/// use vimbiso_state::{MemoryStore, StateManager};
///
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let bot = Bot::builder(manager, Till)
///     .channel(Terminal)
///     .lease(Duration::from_secs(60))
///     .on_report(|report| eprintln!("{report}"))
///     .build()?;
/// # let _ = bot;
/// # Ok::<(), vimbiso_state::Error>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct BotBuilder<C: Conversation> {
    manager: StateManager<C>,
    service: Arc<dyn Service<C>>,
    channel: Option<Arc<dyn Channel<C>>>,
    on_report: Option<ReportHook>,
    settings: Settings,
}

impl<C: Conversation> fmt::Debug for BotBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<C: Conversation> Bot<C> {
    /// A bot with the default settings. Its store must keep outboxes, as those of this crate do:
    /// otherwise every message fails.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::new(manager, Till, Terminal);
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn new(
        manager: StateManager<C>,
        service: impl Service<C>,
        channel: impl Channel<C>,
    ) -> Self {
        BotBuilder::new(manager, service).channel(channel).finish()
    }

    /// Settings that are not the defaults. Without a [channel](BotBuilder::channel), the user
    /// fetches the replies: see [`answer`](Self::answer).
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).channel(Terminal).workers(16).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn builder(manager: StateManager<C>, service: impl Service<C>) -> BotBuilder<C> {
        BotBuilder::new(manager, service)
    }
}

impl<C: Conversation> BotBuilder<C> {
    fn new(manager: StateManager<C>, service: impl Service<C>) -> Self {
        let retention = manager.retention();
        Self {
            manager,
            service: Arc::new(service),
            channel: None,
            on_report: None,
            settings: Settings {
                send_timeout: LEASE / 3,
                call_timeout: LEASE * 2 / 3,
                lease: LEASE,
                give_up_after: Duration::from_secs(12 * 60 * 60).min(retention / 2),
                workers: 64,
                poll: Duration::from_secs(1),
            },
        }
    }

    /// The channel that sends replies. Without one, the user fetches them: the host returns what
    /// [`answer`](Bot::answer) gives it.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).channel(Terminal).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn channel(self, channel: impl Channel<C>) -> Self {
        Self {
            channel: Some(Arc::new(channel)),
            ..self
        }
    }

    /// For how long a worker holds a lane of a user's outbox without a sign of life: after that,
    /// another worker does what the first one left. 5 s to 10 minutes; 30 s by default.
    ///
    /// A short lease tells the users of a dead worker sooner; a long one allows longer calls.
    /// Also sets the timeouts of a send and of a call, to one and two thirds of it.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// use std::time::Duration;
    ///
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).lease(Duration::from_secs(60)).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self.settings.send_timeout = lease / 3;
        self.settings.call_timeout = lease * 2 / 3;
        self
    }

    /// How long a send may take, if set after the [lease](Self::lease): 10 ms to 9 tenths of it; a
    /// third by default, 10 s.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// use std::time::Duration;
    ///
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).send_timeout(Duration::from_secs(5)).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn send_timeout(mut self, timeout: Duration) -> Self {
        self.settings.send_timeout = timeout;
        self
    }

    /// How long [`perform`](Service::perform) and [`outcome_of`](Service::outcome_of) may take, if
    /// set after the [lease](Self::lease): 10 ms to 9 tenths of it; two thirds by default, 20 s.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// use std::time::Duration;
    ///
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).call_timeout(Duration::from_secs(25)).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.settings.call_timeout = timeout;
        self
    }

    /// When a call without a certain answer is given up, counted from its announcement. The user is
    /// told, and the bot [reports](Report::GivenUp) it. 1 s to 9 tenths of the store's retention;
    /// 12 hours by default, or half the retention if that is shorter.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// use std::time::Duration;
    ///
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).give_up_after(Duration::from_secs(3600)).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.settings.give_up_after = time;
        self
    }

    /// How many users are worked for at the same time in this process, 1 to 65,536; 64 by default.
    /// What exceeds it waits in the store, for any worker.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).workers(256).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn workers(mut self, workers: usize) -> Self {
        self.settings.workers = workers;
        self
    }

    /// How often [`work`](Bot::work) asks the store for what is due. 10 ms to a minute; 1 s by
    /// default.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// use std::time::Duration;
    ///
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).poll(Duration::from_millis(500)).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn poll(mut self, every: Duration) -> Self {
        self.settings.poll = every;
        self
    }

    /// Is called with each [`Report`], in the task that met it. The log has it as well.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till)
    ///     .on_report(|report| eprintln!("{report}"))
    ///     .build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn on_report(self, hook: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        Self {
            on_report: Some(Arc::new(hook)),
            ..self
        }
    }

    /// Builds the bot.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let bot = Bot::builder(manager, Till).channel(Terminal).build()?;
    /// # let _ = bot;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] if a setting is out of its range, [`Error::Store`] if the store of the
    /// manager keeps no outboxes.
    pub fn build(self) -> Result<Bot<C>, Error> {
        self.manager.outbox()?;
        let settings = &self.settings;
        let setting = |what, allowed| Err(Error::Setting { what, allowed });
        let minute = Duration::from_secs(60);
        if !(Duration::from_secs(5)..=10 * minute).contains(&settings.lease) {
            return setting("lease", "5 s to 10 minutes");
        }
        // The rest of the lease is for what comes before and after: the commit and the settlement.
        let timeout = Duration::from_millis(10)..=settings.lease * 9 / 10;
        if !timeout.contains(&settings.send_timeout) {
            return setting("send_timeout", "10 ms to 9 tenths of the lease");
        }
        if !timeout.contains(&settings.call_timeout) {
            return setting("call_timeout", "10 ms to 9 tenths of the lease");
        }
        let longest = self.manager.retention() * 9 / 10;
        if !(Duration::from_secs(1)..=longest).contains(&settings.give_up_after) {
            return setting("give_up_after", "1 s to 9 tenths of the store's retention");
        }
        if !(1..=65_536).contains(&settings.workers) {
            return setting("workers", "1 to 65,536");
        }
        if !(Duration::from_millis(10)..=minute).contains(&settings.poll) {
            return setting("poll", "10 ms to a minute");
        }
        Ok(self.finish())
    }

    fn finish(self) -> Bot<C> {
        Bot::of(Inner::new(
            self.manager,
            self.service,
            self.channel,
            self.on_report,
            self.settings,
        ))
    }
}
