//! The bank and the channel as a worker calls them.

use std::time::Duration;

use async_trait::async_trait;
use proof::BoxError;
use proof::payments::event::{Point, What};
use proof::payments::evidence::Sending;
use proof::payments::shop::{Payment, Reply, Shop};
use vimbiso_state::UserId;
use vimbiso_state::bot::{CallAnswer, Channel, Outgoing, Sent, Service};
use vimbiso_state::id::CallKey;

use super::points::Points;
use crate::payments::services::{bank, channel};
use crate::payments::wire;

/// The bank.
#[derive(Clone)]
pub struct Bank {
    pub port: u16,
    pub points: Points,
    pub repeat_for: Duration,
    pub settles_within: Option<Duration>,
}

impl Bank {
    /// Pays under this key. An error, and most of the answers, leave open if it was paid.
    pub async fn pay(
        &self,
        user: &UserId,
        key: String,
        payment: &Payment,
    ) -> std::io::Result<bank::Answer> {
        self.points.reach(Point::BeforePerform);
        let user = user.expose().to_owned();
        let payment = payment.clone();
        let question = bank::Question::Pay { user, key, payment };
        let answer = wire::ask(self.port, &question).await;
        self.points.reach(Point::AfterPerform);
        answer
    }
}

fn certain(answer: bank::Answer) -> Result<CallAnswer<String>, BoxError> {
    use bank::Answer::{Calm, Failed, InProgress, KeyReused, NotFound, Paid, Refused};
    match answer {
        Paid(receipt) => Ok(CallAnswer::done(receipt)),
        Refused => Ok(CallAnswer::refused("the bank refuses")),
        NotFound => Ok(CallAnswer::not_found()),
        InProgress | KeyReused | Failed | Calm => Err(format!("{answer:?}").into()),
    }
}

#[async_trait]
impl Service<Shop> for Bank {
    async fn look_up(
        &self,
        _: &UserId,
        query: std::convert::Infallible,
    ) -> std::convert::Infallible {
        query
    }

    async fn perform(
        &self,
        user: &UserId,
        key: CallKey,
        payment: &Payment,
    ) -> Result<CallAnswer<String>, BoxError> {
        certain(self.pay(user, key.to_string(), payment).await?)
    }

    async fn outcome_of(
        &self,
        _: &UserId,
        key: CallKey,
        _: &Payment,
    ) -> Result<CallAnswer<String>, BoxError> {
        let key = key.to_string();
        certain(wire::ask(self.port, &bank::Question::About { key }).await?)
    }

    fn repeat_for(&self) -> Duration {
        self.repeat_for
    }

    fn settles_within(&self) -> Option<Duration> {
        self.settles_within
    }
}

/// The channel.
#[derive(Clone)]
pub struct Sender {
    pub port: u16,
    pub points: Points,
}

impl Sender {
    /// Sends a reply under this id.
    pub async fn show(&self, sending: Sending) -> Sent {
        self.points.reach(Point::BeforeSend);
        let id = sending.id.clone();
        let answer = wire::ask(self.port, &channel::Question::Send(sending)).await;
        let sent = match answer {
            Ok(channel::Answer::Shown) => Sent::Sent,
            Ok(channel::Answer::Failed) => Sent::Failed { retry_after: None },
            Ok(channel::Answer::Rejected) => Sent::Rejected {
                reason: "the channel rejects".to_owned(),
            },
            Ok(channel::Answer::Was(_) | channel::Answer::Calm) | Err(_) => Sent::Ambiguous,
        };
        if matches!(sent, Sent::Sent | Sent::Rejected { .. }) {
            self.points.note(What::Answered { id });
        }
        self.points.reach(Point::AfterSend);
        sent
    }

    pub fn sending(&self, user: &UserId, id: String, reply: Reply) -> Sending {
        Sending {
            worker: self.points.worker(),
            user: user.expose().to_owned(),
            id,
            reply,
            is_outcome: false,
            may_repeat: false,
        }
    }
}

#[async_trait]
impl Channel<Shop> for Sender {
    async fn send(&self, outgoing: &Outgoing<Shop>) -> Sent {
        let id = outgoing.id.to_string();
        let sending = Sending {
            is_outcome: outgoing.is_outcome,
            may_repeat: outgoing.may_repeat,
            ..self.sending(&outgoing.user, id, outgoing.reply.clone())
        };
        self.show(sending).await
    }

    async fn was_sent(&self, outgoing: &Outgoing<Shop>) -> Option<bool> {
        let id = outgoing.id.to_string();
        match wire::ask(self.port, &channel::Question::WasSent { id }).await {
            Ok(channel::Answer::Was(was)) => was,
            _ => None,
        }
    }
}
