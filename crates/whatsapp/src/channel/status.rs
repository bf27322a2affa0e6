//! What a status webhook says about a message.

use tokio::runtime::Handle;
use vimbiso_state::CommitId;

use super::WhatsApp;
use super::alert::Alert;
use super::callback::{Callback, Part};
use super::deliveries::Delivery;
use crate::client::Recipient;
use crate::error::{Class, class_of};
use crate::message::Template;
use crate::render::render_template;

/// What became of a message, as a status webhook says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// WhatsApp has sent it.
    Sent,
    /// It has reached the user's phone.
    Delivered,
    /// The user has read it.
    Read,
    /// It was not delivered, and is not sent again by WhatsApp.
    Failed {
        /// The code of the first error, if there is one.
        code: Option<i64>,
    },
}

impl Status {
    /// Reads a `status` of the webhook, and the code of its first error. `None` for a status that
    /// says nothing about the delivery.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::channel::Status;
    ///
    /// assert_eq!(Status::of("delivered", None), Some(Status::Delivered));
    /// let failed = Status::of("failed", Some(131_047));
    /// assert_eq!(failed, Some(Status::Failed { code: Some(131_047) }));
    /// assert_eq!(Status::of("warning", None), None);
    /// ```
    #[must_use]
    pub fn of(word: &str, code: Option<i64>) -> Option<Self> {
        match word {
            "sent" => Some(Self::Sent),
            "delivered" => Some(Self::Delivered),
            "read" | "played" => Some(Self::Read),
            "failed" => Some(Self::Failed { code }),
            _ => None,
        }
    }
}

impl WhatsApp {
    /// Takes a status from the webhook, with the `biz_opaque_callback_data` that it repeats.
    /// Ignores that of a message that another program has sent. May be called any number of times,
    /// in any order, in any process: one that gets the statuses of other processes too settles
    /// more.
    ///
    /// If a message failed because the user has not written for 24 hours, and its reply has a
    /// template, the process that sent the message sends the template, once, in a task of the tokio
    /// runtime that this is called in. It is lost if the process dies meanwhile; the
    /// [alert](Alert::NotDelivered) tells of the failure in any case.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::WhatsApp;
    /// use vimbiso_whatsapp::channel::Status;
    ///
    /// fn on_status(whatsapp: &WhatsApp, callback_data: &str, status: &str, code: Option<i64>) {
    ///     if let Some(status) = Status::of(status, code) {
    ///         whatsapp.status(callback_data, status);
    ///     }
    /// }
    /// # let _ = on_status;
    /// ```
    pub fn status(&self, callback_data: &str, status: Status) {
        let Ok(callback) = callback_data.parse::<Callback>() else {
            return;
        };
        let Callback { reply, part } = callback;
        let delivery = match status {
            Status::Sent => Delivery::Sent,
            Status::Delivered | Status::Read => Delivery::Delivered,
            Status::Failed { .. } => Delivery::Failed,
        };
        let is_new = self.state.deliveries.learn(reply, part, delivery);
        let Status::Failed { code } = status else {
            return;
        };
        if !is_new {
            return;
        }
        self.alert(&Alert::NotDelivered { reply, code });
        let class = code.and_then(|code| class_of(code, None));
        if class == Some(Class::WindowClosed)
            && let Some((to, template)) = self.state.deliveries.take_template(reply)
            && let Ok(runtime) = Handle::try_current()
        {
            let whatsapp = self.clone();
            runtime.spawn(async move { whatsapp.send_template(reply, &to, &template).await });
        }
    }

    async fn send_template(&self, reply: CommitId, to: &Recipient, template: &Template) {
        let part = render_template(template);
        let sent = self.send_part(reply, Part::Template, to, &part).await;
        if let Err(error) = sent {
            tracing::warn!("a template was not sent: {error}");
        }
    }
}
