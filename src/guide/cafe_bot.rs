// The café with a bot: a guest orders, pays by a call to the till, and reads the outcome.

use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{CallAnswer, Channel, Conversation, Next, Outcome, Outgoing, Sent, Service};
use vimbiso_state::id::CallKey;
use vimbiso_state::{Answer, Error, Turn, UserId};

mod cafe {
    include!("cafe.rs");
}
pub use cafe::{At, Cafe, DRINKS, Order, Pick};

/// What is to be paid, in cents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment(pub u32);

impl Conversation for Cafe {
    type Input = String; // what the guest typed, or the id of the button
    type Reply = String;
    type Query = Infallible; // it looks nothing up
    type Fact = Infallible;
    type Call = Payment;
    type Receipt = String;

    fn decide(
        turn: &mut Turn<Self>,
        input: &String,
        _facts: &[Infallible],
    ) -> Result<Next<Self>, Error> {
        match turn.pick(input) {
            Ok(Answer::Open(Pick::Pay)) => {
                turn.select(Pick::Pay)?;
                Ok(Next::Call(Payment(300)))
            }
            Ok(Answer::Open(drink)) => {
                turn.data_mut().drinks.push(format!("{drink:?}"));
                turn.show(&DRINKS);
                Ok(Next::Reply(format!("{drink:?}, and?\n{DRINKS}")))
            }
            _ => {
                turn.show(&DRINKS);
                Ok(Next::Reply(format!("What would you like?\n{DRINKS}")))
            }
        }
    }

    fn still_pending(_: &Payment) -> String {
        "Your payment is still under way.".to_owned()
    }

    fn told(_: &Payment, outcome: &Outcome<String>) -> String {
        match outcome {
            Outcome::Done(receipt) => format!("Paid: {receipt}"),
            Outcome::Refused(reason) => format!("Not paid: {reason}"),
            Outcome::NotMade => "Nothing was paid.".to_owned(),
            Outcome::GivenUp => "We do not know if you have paid. Please ask us.".to_owned(),
        }
    }

    fn moved(
        turn: &mut Turn<Self>,
        _: &Payment,
        outcome: &Outcome<String>,
    ) -> Result<Option<String>, Error> {
        let done = matches!(outcome, Outcome::Done(_));
        turn.transition_to(if done { At::Waiting } else { At::Counter }, None)?;
        Ok(None) // the guest reads what `told` says
    }
}

/// The till: a service with idempotency keys.
pub struct Till;

#[async_trait]
impl Service<Cafe> for Till {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(
        &self,
        _: &UserId,
        _key: CallKey, // in real life: POST with the header `Idempotency-Key: {key}`, then `?`
        payment: &Payment,
    ) -> Result<CallAnswer<String>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::done(format!("{} cents", payment.0)))
    }

    async fn outcome_of(
        &self,
        _: &UserId,
        _key: CallKey,
        _: &Payment,
    ) -> Result<CallAnswer<String>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(24 * 60 * 60)
    }
}

/// The channel: prints.
pub struct Terminal;

#[async_trait]
impl Channel<Cafe> for Terminal {
    async fn send(&self, outgoing: &Outgoing<Cafe>) -> Sent {
        println!("{}", outgoing.reply);
        Sent::Sent
    }
}
