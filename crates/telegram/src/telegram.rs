//! A bot on Telegram: what takes updates in, from a webhook or by polling.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use vimbiso_state::bot::{Bot, Conversation};
use vimbiso_state::{Error, Redelivery};

use crate::client::Client;
use crate::failures::Failures;
use crate::message::{InvalidButton, check_choices};
use crate::sessions::{self, Sessions};
use crate::update::{Event, Received, Update};

/// How many presses of a button are answered at the same time. More are left unanswered: the mark
/// on the button then disappears by itself.
const ANSWERS: usize = 64;

type EventHook = Arc<dyn Fn(&Event) + Send + Sync>;
type GivenUpHook = Arc<dyn Fn(i64, &Error) + Send + Sync>;

/// A bot on Telegram: hands each update to the [`Bot`], from a [webhook](Self::webhook) or by
/// [polling](Self::poll).
///
/// Both confirm an update to Telegram **after the commit**, and let Telegram deliver it again if
/// [`Error::redeliver`] says so. A message that was handled before is recognised by its update id,
/// so it does no harm to switch between the two, or to run several processes with a webhook.
///
/// **An update that keeps failing** would keep its chat waiting: Telegram delivers the updates of a
/// chat one after the other, and tries each for a day. So it is given up after
/// [a time](Self::give_up_after), unless the cause is the store: then every message waits.
///
/// The input of the conversation is made of a [`Received`]: use `String` for the text or the id of
/// the button, or a type of your own with `impl From<Received>`.
///
/// # Examples
/// ```no_run
/// # mod cafe_bot {
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
/// # }
/// # use cafe_bot::{Cafe, Till};
/// use vimbiso_state::bot::Bot;
/// use vimbiso_state::{MemoryStore, StateManager};
/// use vimbiso_telegram::{Client, Telegram, Token};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(Token::new(std::env::var("TELEGRAM_TOKEN")?)?)?;
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let bot = Bot::new(manager, Till, client.clone());
/// tokio::spawn(bot.clone().work());
/// Telegram::new(bot, client)?.poll(std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
pub struct Telegram<C: Conversation> {
    pub(crate) inner: Arc<Inner<C>>,
}

pub(crate) struct Inner<C: Conversation> {
    pub(crate) bot: Bot<C>,
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    failures: Failures,
    answers: Arc<Semaphore>,
}

#[derive(Clone)]
pub(crate) struct Settings {
    sessions: Sessions,
    give_up_after: Duration,
    pub(crate) max_in_flight: usize,
    on_event: Option<EventHook>,
    on_given_up: Option<GivenUpHook>,
}

/// What to tell Telegram of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is done with.
    Confirm,
    /// It is to be delivered again.
    Again,
    /// It is to be delivered again, and a person must act.
    Alert,
}

impl<C: Conversation> Telegram<C> {
    /// A bot, and the client of its token. The bot's channel is a clone of the client, or a channel
    /// of your own around it.
    ///
    /// # Errors
    /// [`InvalidButton`] if an option of the flow has a name that does not fit into a button.
    ///
    /// # Examples
    /// See [`Telegram`].
    pub fn new(bot: Bot<C>, client: Client) -> Result<Self, InvalidButton> {
        check_choices::<C>()?;
        let settings = Settings {
            sessions: Sessions::default(),
            give_up_after: Duration::from_secs(600),
            max_in_flight: 256,
            on_event: None,
            on_given_up: None,
        };
        Ok(Self::of(bot, client, settings))
    }

    fn of(bot: Bot<C>, client: Client, settings: Settings) -> Self {
        Self {
            inner: Arc::new(Inner {
                bot,
                client,
                settings,
                failures: Failures::default(),
                answers: Arc::new(Semaphore::new(ANSWERS)),
            }),
        }
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.inner.settings.clone();
        change(&mut settings);
        Self::of(self.inner.bot.clone(), self.inner.client.clone(), settings)
    }

    /// Who shares a session in a group: by default, each member has one.
    #[must_use]
    pub fn sessions(self, sessions: Sessions) -> Self {
        self.with(|settings| settings.sessions = sessions)
    }

    /// For how long an update is tried that fails by itself; 10 minutes by default. Then it is
    /// confirmed without effect, logged as an error, and [told](Self::on_given_up).
    #[must_use]
    pub fn give_up_after(self, time: Duration) -> Self {
        self.with(|settings| settings.give_up_after = time)
    }

    /// How many updates a webhook handles at the same time, at least 1; 256 by default. Others are
    /// answered with 503, and come again.
    #[must_use]
    pub fn max_in_flight(self, updates: usize) -> Self {
        let updates = updates.clamp(1, Semaphore::MAX_PERMITS);
        self.with(|settings| settings.max_in_flight = updates)
    }

    /// Is called with each [`Event::Membership`] and [`Event::Migrated`], at least once each.
    #[must_use]
    pub fn on_event(self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_event = Some(Arc::new(hook)))
    }

    /// Is called with the id of each update that was given up, and its last error. The log has it
    /// as well.
    #[must_use]
    pub fn on_given_up(self, hook: impl Fn(i64, &Error) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_given_up = Some(Arc::new(hook)))
    }
}

impl<C: Conversation> Inner<C> {
    /// The user whose updates wait for this one.
    pub(crate) fn user(&self, update: &Update) -> Option<vimbiso_state::UserId> {
        match &update.event {
            Event::Message(received) => {
                let bot_id = self.client.bot_id();
                self.settings.sessions.user_id(bot_id, received).ok()
            }
            _ => None,
        }
    }
}

impl<C: Conversation> Inner<C>
where
    C::Input: From<Received>,
{
    /// Takes an update in. Returns after the commit.
    pub(crate) async fn take(&self, update: Update) -> Taken {
        let id = update.id;
        let handled = match update.event {
            Event::Message(received) => self.handle(id, *received).await,
            Event::Ignored => Ok(()),
            event => self.tell(&event),
        };
        let taken = match handled {
            Ok(()) => Taken::Confirm,
            Err(error) => self.failed(id, &error),
        };
        if taken == Taken::Confirm {
            self.failures.forget(id);
            self.answer(update.callback);
        }
        taken
    }

    async fn handle(&self, update: i64, received: Received) -> Result<(), Error> {
        let bot_id = self.client.bot_id();
        let user = self.settings.sessions.user_id(bot_id, &received)?;
        let inbound = of_host("`From<Received>`", || {
            sessions::inbound(user, bot_id, update, received)
        })??;
        self.bot.handle(inbound).await?;
        Ok(())
    }

    fn tell(&self, event: &Event) -> Result<(), Error> {
        match &self.settings.on_event {
            Some(hook) => of_host("the hook `on_event`", || hook(event)),
            None => Ok(()),
        }
    }

    fn failed(&self, update: i64, error: &Error) -> Taken {
        let settings = &self.settings;
        let again = match error.redeliver() {
            Redelivery::Answered => {
                tracing::warn!(update, %error, "an update was not handled, and is not tried again");
                return Taken::Confirm;
            }
            Redelivery::Retry => {
                tracing::warn!(update, %error, "an update is tried again");
                Taken::Again
            }
            Redelivery::Alert => {
                tracing::error!(update, %error, "a person must act");
                Taken::Alert
            }
        };
        if !self.failures.is_over(update, error, settings.give_up_after) {
            return again;
        }
        tracing::error!(update, %error, "an update was given up: its message has no effect");
        if let Some(hook) = &settings.on_given_up
            && let Err(error) = of_host("the hook `on_given_up`", || hook(update, error))
        {
            tracing::error!(update, %error, "that an update was given up was not told");
        }
        Taken::Confirm
    }

    /// Stops the waiting mark on a button, if that works.
    fn answer(&self, callback: Option<String>) {
        let Some(callback) = callback else {
            return;
        };
        let Ok(permit) = Arc::clone(&self.answers).try_acquire_owned() else {
            return;
        };
        let client = self.client.clone();
        tokio::spawn(async move {
            let _permit = permit;
            if let Err(error) = client.answer_callback_query(&callback).await {
                tracing::debug!(%error, "the press of a button was not answered");
            }
        });
    }
}

/// What a function of the host returns. A panic is an error, so that an update at which it always
/// panics is given up as any other.
fn of_host<T>(name: &str, function: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|_| Error::host(format!("{name} panicked")))
}

impl<C: Conversation> Clone for Telegram<C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<C: Conversation> fmt::Debug for Telegram<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telegram")
            .field("client", &self.inner.client)
            .field("sessions", &self.inner.settings.sessions)
            .field("give_up_after", &self.inner.settings.give_up_after)
            .field("max_in_flight", &self.inner.settings.max_in_flight)
            .finish_non_exhaustive()
    }
}
