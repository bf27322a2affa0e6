//! The channel: sends the replies of a bot, and settles what is not certain by status webhooks.

mod alert;
mod callback;
mod deliveries;
mod rate_limits;
mod sending;
mod status;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use vimbiso_state::bot::{Channel, Conversation, Outgoing, Sent};

pub use alert::Alert;
use alert::AlertHook;
use deliveries::Deliveries;
use rate_limits::RateLimits;

use crate::client::{Client, Recipient};
use crate::message::ToMessage;
use crate::render::render;

/// WhatsApp as the [`Channel`] of a [`Bot`](vimbiso_state::bot::Bot). A clone is another handle to
/// the same channel: give one to the bot, and one to the webhook for the
/// [statuses](crate::Webhook::statuses_to).
///
/// # What it does
/// * **A reply becomes one message or several**, by [`ToMessage`] and [`render`]. They are sent in
///   order, and an attempt after a failure goes on after the last one that WhatsApp accepted, if
///   the same process makes it.
/// * **Errors are told apart**, by [the table](crate::error): to try again, to wait, or to give up.
/// * **A message without an answer is looked for in the statuses** that the webhook brings. The
///   next attempt comes only if none has said within 2 s that the message was sent.
/// * **A user gets 45 messages at once, then one every 6 s**, as WhatsApp allows. A reply that
///   comes sooner is postponed, and holds no lease meanwhile. Each process counts for itself;
///   WhatsApp's own refusal holds for all.
/// * **24 hours after the user's last message** a reply goes as its
///   [template](crate::Message::template).
///
/// What it remembers is bounded: 20,000 replies, each for 15 minutes after its last change.
///
/// # Examples
/// ```no_run
/// # mod cafe_bot {
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
/// # }
/// # use cafe_bot::{Cafe, Till};
/// use vimbiso_state::bot::Bot;
/// use vimbiso_state::{MemoryStore, StateManager};
/// use vimbiso_whatsapp::{Client, WhatsApp};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new("106540352242922", std::env::var("ACCESS_TOKEN")?)?;
/// let whatsapp = WhatsApp::new(client).on_alert(|alert| eprintln!("{alert}"));
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let bot = Bot::new(manager, Till, whatsapp.clone());
/// # let _ = bot;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WhatsApp {
    client: Client,
    on_alert: Option<AlertHook>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    deliveries: Deliveries,
    rate_limits: RateLimits,
}

impl fmt::Debug for WhatsApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsApp")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

impl WhatsApp {
    /// A channel that sends by this client.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::{Client, WhatsApp};
    ///
    /// let whatsapp = WhatsApp::new(Client::new("106540352242922", "an access token")?);
    /// # let _ = whatsapp;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            on_alert: None,
            state: Arc::default(),
        }
    }

    /// Is called with each [`Alert`], in the task that met it. The log has it as well.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::{Client, WhatsApp};
    ///
    /// # fn channel(client: Client) {
    /// let whatsapp = WhatsApp::new(client).on_alert(|alert| eprintln!("{alert}"));
    /// # let _ = whatsapp;
    /// # }
    /// ```
    #[must_use]
    pub fn on_alert(self, hook: impl Fn(&Alert) + Send + Sync + 'static) -> Self {
        Self {
            on_alert: Some(Arc::new(hook)),
            ..self
        }
    }

    /// The client, to [mark messages as read](Client::mark_read) or to
    /// [renew the access token](Client::renew_access_token).
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::WhatsApp;
    /// use vimbiso_whatsapp::client::InvalidSetting;
    ///
    /// fn renew(whatsapp: &WhatsApp, token: &str) -> Result<(), InvalidSetting> {
    ///     whatsapp.client().renew_access_token(token)
    /// }
    /// # let _ = renew;
    /// ```
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn alert(&self, alert: &Alert) {
        alert.log();
        if let Some(hook) = &self.on_alert {
            hook(alert);
        }
    }
}

#[async_trait]
impl<C: Conversation> Channel<C> for WhatsApp
where
    C::Reply: ToMessage,
{
    async fn send(&self, outgoing: &Outgoing<C>) -> Sent {
        let message = outgoing.reply.to_message();
        match Recipient::of(&outgoing.user, outgoing.to.as_deref()) {
            Some(to) => self.send_message(outgoing.id, &to, &message).await,
            None => Sent::Rejected {
                reason: "neither the user id nor reply_to is a recipient of WhatsApp".to_owned(),
            },
        }
    }

    async fn was_sent(&self, outgoing: &Outgoing<C>) -> Option<bool> {
        let parts = render(&outgoing.reply.to_message()).len();
        self.state.deliveries.settled(outgoing.id, parts).await
    }
}
