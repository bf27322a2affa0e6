//! The routes of the webhook: what is verified, handled, and answered.

mod answer;
mod lanes;
mod request;
mod settings;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::sync::Semaphore;
use vimbiso_state::Error;
use vimbiso_state::bot::{Bot, Conversation};

use crate::channel::WhatsApp;
use crate::rekey::OnIdChange;
use crate::verify::AppSecret;
use crate::webhook::{Message, Status};

/// The largest body that is read. Meta sends at most 3 MB.
const MAX_BODY: usize = 3 * 1024 * 1024;

type Read<C> = dyn Fn(&Message) -> Option<<C as Conversation>::Input> + Send + Sync;
type StatusHook = dyn Fn(Status) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// The webhook of a bot on WhatsApp: an axum [`Router`] that verifies what Meta sends, lets the bot
/// handle it, and answers.
///
/// # What it guarantees
/// * **200 means committed.** It is answered only after each message of the batch is committed, or
///   is one that another delivery could not help. If the channel hangs up, handling goes on.
/// * **Messages of one user are handled in order**; those of different users at the same time. If
///   one fails, the later ones of that user wait for the next delivery, and the other users go on.
/// * **Nothing is parsed before its signature is checked.**
///
/// # What it answers
/// | answer | when |
/// |---|---|
/// | 200 | all is committed or ignored |
/// | 400 | the body is no JSON object, or it broke off |
/// | 401 | the signature is missing or wrong |
/// | 408 | the body did not come within the [deadline](Self::deadline) |
/// | 413 | the body is larger than 3 MB |
/// | 500 | [`Alert`](vimbiso_state::Redelivery::Alert): a person must act, see the log |
/// | 503 | [`Retry`](vimbiso_state::Redelivery::Retry), too many at once, or the deadline is over |
///
/// Meta delivers again after each but the first, for up to seven days, less and less often. It asks
/// once with a GET whether the callback URL is yours: that is answered with its challenge, or with
/// 403 if the verify token is another one.
///
/// # What is no turn
/// Statuses, reactions, edits, revocations, echoes of a person's own messages, standby messages
/// while another agent holds the conversation, messages in groups, and kinds that this release
/// does not know are acknowledged and ignored. A message without an id or a sender is ignored too,
/// with a warning in the log.
///
/// # A user whose number or id changes
/// The old id is retired once nothing waits under it, and [`OnIdChange`] says what becomes of the
/// session. A message that was sent before the change and arrives later is handled under the new
/// id, once; one that was sent after it belongs to the next holder of the number.
///
/// # Examples
/// ```
/// # mod cafe_bot {
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
/// # }
/// # use cafe_bot::{Cafe, Terminal, Till};
/// use vimbiso_state::bot::Bot;
/// use vimbiso_state::{MemoryStore, StateManager};
/// use vimbiso_whatsapp::{AppSecret, Webhook};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, Terminal);
/// let secret = AppSecret::new("5f4dcc3b5aa765d61d8327deb882cf99")?;
/// let routes = Webhook::new(bot, secret, "my verify token", |message| {
///     message.content.answer().map(str::to_owned)
/// })
/// .router()?;
/// // axum::serve(listener, routes).await?;
/// # let _ = routes;
/// # Ok(())
/// # }
/// ```
#[must_use = "a webhook does nothing until its router is served"]
pub struct Webhook<C: Conversation> {
    bot: Bot<C>,
    app_secret: AppSecret,
    verify_token: String,
    read: Box<Read<C>>,
    statuses_to: Option<WhatsApp>,
    on_status: Option<Box<StatusHook>>,
    path: String,
    phone_number_id: Option<String>,
    parallel: usize,
    deadline: Duration,
    on_number_change: OnIdChange,
    on_user_id_change: OnIdChange,
}

impl<C: Conversation> Webhook<C> {
    /// The webhook of this bot.
    ///
    /// `verify_token` is the text that you enter at Meta beside the callback URL. `read` makes the
    /// conversation's input of a message; `None` if the message is to be ignored. It must not
    /// block: it runs before each commit.
    ///
    /// # Examples
    /// [That of the type](Webhook#examples), and for an input of your own:
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_state::bot::Bot;
    /// use vimbiso_whatsapp::webhook::Content;
    /// use vimbiso_whatsapp::{AppSecret, Webhook};
    ///
    /// # fn set(bot: Bot<Cafe>, secret: AppSecret) {
    /// let webhook = Webhook::new(bot, secret, "my verify token", |message| {
    ///     match &message.content {
    ///         Content::RequestWelcome => Some("hi".to_owned()),
    ///         content => content.answer().map(str::to_owned),
    ///     }
    /// });
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn new(
        bot: Bot<C>,
        app_secret: AppSecret,
        verify_token: impl Into<String>,
        read: impl Fn(&Message) -> Option<C::Input> + Send + Sync + 'static,
    ) -> Self {
        Self {
            bot,
            app_secret,
            verify_token: verify_token.into(),
            read: Box::new(read),
            statuses_to: None,
            on_status: None,
            path: "/webhook".to_owned(),
            phone_number_id: None,
            parallel: 256,
            deadline: Duration::from_secs(10),
            on_number_change: OnIdChange::Purge,
            on_user_id_change: OnIdChange::Move,
        }
    }

    /// The routes, to be served or merged into a router of your own.
    ///
    /// # Errors
    /// [`Error::Setting`] if a setting is outside its limits, or the verify token is empty.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use axum::routing::get;
    /// use vimbiso_whatsapp::Webhook;
    ///
    /// # fn routes(webhook: Webhook<Cafe>) -> Result<(), vimbiso_state::Error> {
    /// let routes = webhook.router()?.route("/healthz", get(|| async { "ok" }));
    /// # let _ = routes;
    /// # Ok(())
    /// # }
    /// ```
    pub fn router(self) -> Result<Router, Error> {
        let setting = |is_right: bool, what, allowed| match is_right {
            true => Ok(()),
            false => Err(Error::Setting { what, allowed }),
        };
        // axum panics at what it takes for a parameter.
        let is_plain = !self.path.contains(['{', '}', '*', '?', '#']) && !self.path.contains("/:");
        let is_path = self.path.starts_with('/') && is_plain;
        setting(is_path, "path of the webhook", "a path such as /webhook")?;
        setting(
            !self.verify_token.is_empty(),
            "verify token",
            "a text that is not empty",
        )?;
        let parallel = (1..=65_536).contains(&self.parallel);
        setting(parallel, "number of parallel deliveries", "1 to 65,536")?;
        let longest = Duration::from_secs(60);
        let deadline = (Duration::from_millis(100)..=longest).contains(&self.deadline);
        setting(deadline, "deadline of a delivery", "100 ms to 60 s")?;
        let path = self.path.clone();
        let inner = Arc::new(Inner {
            permits: Arc::new(Semaphore::new(self.parallel)),
            webhook: self,
        });
        let routes = get(request::verify_endpoint::<C>).post(request::deliver::<C>);
        Ok(Router::new().route(&path, routes).with_state(inner))
    }
}

/// Shows the settings, no secret.
impl<C: Conversation> fmt::Debug for Webhook<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("path", &self.path)
            .field("phone_number_id", &self.phone_number_id)
            .field("parallel", &self.parallel)
            .field("deadline", &self.deadline)
            .field("on_number_change", &self.on_number_change)
            .field("on_user_id_change", &self.on_user_id_change)
            .finish_non_exhaustive()
    }
}

struct Inner<C: Conversation> {
    webhook: Webhook<C>,
    /// One permit a delivery whose messages are being handled.
    permits: Arc<Semaphore>,
}
