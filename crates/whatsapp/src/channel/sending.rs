//! One attempt to send a reply.

use vimbiso_state::CommitId;
use vimbiso_state::bot::Sent;

use super::WhatsApp;
use super::alert::Alert;
use super::callback::{self, Callback};
use super::deliveries::Delivery;
use super::rate_limits::INTERVAL;
use crate::client::Recipient;
use crate::error::{Class, GraphError, SendError};
use crate::message::Message;
use crate::render::{Part, render, render_template};

impl WhatsApp {
    /// Sends what WhatsApp has not accepted yet of a reply.
    pub(super) async fn send_message(
        &self,
        reply: CommitId,
        to: &Recipient,
        message: &Message,
    ) -> Sent {
        let deliveries = &self.state.deliveries;
        if deliveries.is_accepted(reply, callback::Part::Template) {
            return Sent::Sent;
        }
        let parts = render(message);
        if parts.is_empty() {
            let reason = "the message is blank".to_owned();
            return Sent::Rejected { reason };
        }
        // Before the first part, because a status can come before the answer.
        deliveries.keep_template(reply, to, message.template.as_ref());
        for (number, part) in (0..).zip(&parts) {
            let name = callback::Part::Number(number);
            if deliveries.is_accepted(reply, name) {
                continue;
            }
            let error = match self.send_in_turn(reply, name, to, part).await {
                Ok(()) => continue,
                Err(error) => error,
            };
            return match (error, &message.template) {
                (Failure::WindowClosed(_), Some(template)) => {
                    let part = render_template(template);
                    let name = callback::Part::Template;
                    let sent = self.send_in_turn(reply, name, to, &part).await;
                    sent.map_or_else(Failure::into_sent, |()| Sent::Sent)
                }
                (failure, _) => failure.into_sent(),
            };
        }
        Sent::Sent
    }

    /// Sends a part if the user and the number may get one now, and says what an error asks for.
    async fn send_in_turn(
        &self,
        reply: CommitId,
        name: callback::Part,
        to: &Recipient,
        part: &Part,
    ) -> Result<(), Failure> {
        let limits = &self.state.rate_limits;
        if let Err(wait) = limits.take(to) {
            let retry_after = Some(wait);
            return Err(Failure::Other(Sent::Failed { retry_after }));
        }
        let error = match self.send_part(reply, name, to, part).await {
            Ok(()) => return Ok(()),
            Err(SendError::NotSent(_)) => {
                return Err(Failure::Other(Sent::Failed { retry_after: None }));
            }
            Err(SendError::NoAnswer(_)) => return Err(Failure::Other(Sent::Ambiguous)),
            Err(SendError::Refused(error)) => error,
        };
        let mut retry_after = error.retry_after();
        match error.class() {
            Class::WindowClosed => return Err(Failure::WindowClosed(error)),
            Class::Rejected => return Err(Failure::Other(rejected(&error))),
            Class::PairRate => {
                let wait = retry_after.unwrap_or(INTERVAL);
                limits.exhaust(to, wait);
                retry_after = Some(wait);
            }
            Class::Rate => limits.pause(retry_after),
            Class::Operator => self.alert(&Alert::Refused { error }),
            Class::Fault => {}
        }
        Err(Failure::Other(Sent::Failed { retry_after }))
    }

    /// Sends a part and remembers what became of it.
    pub(super) async fn send_part(
        &self,
        reply: CommitId,
        name: callback::Part,
        to: &Recipient,
        part: &Part,
    ) -> Result<(), SendError> {
        let deliveries = &self.state.deliveries;
        // It stays so if the bot stops waiting for the answer.
        deliveries.set(reply, name, Some(Delivery::Uncertain));
        let callback = Callback { reply, part: name }.to_string();
        let sent = self.client.send(to, part, Some(&callback)).await;
        match &sent {
            Ok(_) => deliveries.set(reply, name, Some(Delivery::Accepted)),
            Err(SendError::NoAnswer(_)) => {}
            Err(SendError::NotSent(_) | SendError::Refused(_)) => deliveries.set(reply, name, None),
        }
        sent.map(|_| ())
    }
}

/// Why a part was not sent.
enum Failure {
    WindowClosed(GraphError),
    Other(Sent),
}

impl Failure {
    fn into_sent(self) -> Sent {
        match self {
            Self::WindowClosed(error) => rejected(&error),
            Self::Other(sent) => sent,
        }
    }
}

fn rejected(error: &GraphError) -> Sent {
    Sent::Rejected {
        reason: error.to_string(),
    }
}
