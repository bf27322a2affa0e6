//! The settings of the webhook.

use std::time::Duration;

use vimbiso_state::bot::Conversation;

use super::Webhook;
use crate::channel::WhatsApp;
use crate::rekey::OnIdChange;
use crate::webhook::Status;

impl<C: Conversation> Webhook<C> {
    /// The path of the webhook; `/webhook` by default. It begins with `/`.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::Webhook;
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.path("/whatsapp");
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn path(self, path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..self
        }
    }

    /// Handles what is sent to this number of the business alone, and the statuses of what was sent
    /// by it; the number is named by its id in the Graph API. One Meta app gets the webhooks of all
    /// its numbers: without this, the bot answers them all.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::Webhook;
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.phone_number_id("106540352242922");
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn phone_number_id(self, id: impl Into<String>) -> Self {
        Self {
            phone_number_id: Some(id.into()),
            ..self
        }
    }

    /// How many deliveries are handled at the same time, 1 to 65,536; 256 by default. A further one
    /// is answered with 503 at once.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::Webhook;
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.parallel(64);
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn parallel(self, deliveries: usize) -> Self {
        Self {
            parallel: deliveries,
            ..self
        }
    }

    /// When a delivery is answered with 503 although its messages are still being handled, 100 ms
    /// to 60 s; 10 s by default. They are handled to their end, and the next delivery finds them
    /// done.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_whatsapp::Webhook;
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.deadline(Duration::from_secs(5));
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Gives the statuses of messages to the channel that sent them, before the delivery is
    /// answered. With them it settles a message whose answer was lost, and sends the template of
    /// one that came too late; without this call, the first is sent a second time.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::{Webhook, WhatsApp};
    ///
    /// # fn set(webhook: Webhook<Cafe>, whatsapp: &WhatsApp) {
    /// let webhook = webhook.statuses_to(&whatsapp);
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn statuses_to(self, whatsapp: &WhatsApp) -> Self {
        Self {
            statuses_to: Some(whatsapp.clone()),
            ..self
        }
    }

    /// Is given each status of a message that was sent, for programs that count or bill, one after
    /// the other, before the delivery is answered. Statuses come more than once and in any order.
    /// The hook returns nothing, so none is delivered again because of it.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::Webhook;
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.on_status(|status| async move {
    ///     println!("{} at {:?}", status.state.word(), status.at);
    /// });
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn on_status<F>(self, hook: impl Fn(Status) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            on_status: Some(Box::new(move |status| Box::pin(hook(status)))),
            ..self
        }
    }

    /// What becomes of a session whose user has changed the phone number; [`OnIdChange::Purge`] by
    /// default.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::{OnIdChange, Webhook};
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.on_number_change(OnIdChange::Move);
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn on_number_change(self, then: OnIdChange) -> Self {
        Self {
            on_number_change: then,
            ..self
        }
    }

    /// What becomes of a session whose user has a new business-scoped id and the same number, as
    /// far as the business may know; [`OnIdChange::Move`] by default.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use vimbiso_whatsapp::{OnIdChange, Webhook};
    ///
    /// # fn set(webhook: Webhook<Cafe>) {
    /// let webhook = webhook.on_user_id_change(OnIdChange::Purge);
    /// # let _ = webhook;
    /// # }
    /// ```
    pub fn on_user_id_change(self, then: OnIdChange) -> Self {
        Self {
            on_user_id_change: then,
            ..self
        }
    }
}
