//! What a status webhook says about a reply.

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
use crate::webhook::{State, Status};

impl WhatsApp {
    /// Takes a status from the webhook. [`Webhook::statuses_to`](crate::Webhook::statuses_to) calls
    /// this; call it yourself only if your program reads the webhooks by other means.
    ///
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
    /// use vimbiso_whatsapp::webhook::{Event, Malformed, parse};
    ///
    /// fn read(whatsapp: &WhatsApp, body: &[u8]) -> Result<(), Malformed> {
    ///     for event in parse(body)? {
    ///         if let Event::Status(status) = event {
    ///             whatsapp.status(&status);
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// # let _ = read;
    /// ```
    pub fn status(&self, status: &Status) {
        let Some(data) = &status.biz_opaque_callback_data else {
            return;
        };
        let Ok(Callback { reply, part }) = data.parse() else {
            return;
        };
        let delivery = match status.state {
            State::Sent => Delivery::Sent,
            State::Delivered | State::Read => Delivery::Delivered,
            State::Failed => Delivery::Failed,
            State::Other(_) => return,
        };
        let is_new = self.state.deliveries.learn(reply, part, delivery);
        if !is_new || delivery != Delivery::Failed {
            return;
        }
        let code = status.errors.first().and_then(|error| error.code);
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
