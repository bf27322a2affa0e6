//! A tea shop on Telegram: a guest orders by buttons or by typing, pays, and reads the receipt.
//!
//! Without a token, it talks to a simulated Bot API, and you are the guest. A line is a message; a
//! line after `>` presses the button with that label:
//!
//! ```text
//! $ printf 'hi\n> Green tea\n2\n> Pay\n> Yes\n' | cargo run -p vimbiso-telegram --example tea_shop
//! Welcome! What would you like? [Green tea] [Black tea] [Pay]
//! 1 tea so far. Anything else? [Green tea] [Black tea] [Pay]
//! 2 teas so far. Anything else? [Green tea] [Black tea] [Pay]
//! Pay 6 dollars? [Yes] [No]
//! Paid 6 dollars. Your tea is coming!
//! ```
//!
//! With the token of BotFather, it is a real bot, which polls: open its chat and write to it.
//!
//! ```text
//! $ TELEGRAM_TOKEN=123456789:AAH… cargo run -p vimbiso-telegram --example tea_shop
//! ```

use std::convert::Infallible;
use std::error::Error as StdError;
use std::io::BufRead;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{Bot, CallAnswer, Conversation, Next, Outcome, Service};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::id::CallKey;
use vimbiso_state::{
    Answer, Choice, Error, Flow, MemoryStore, MenuOptions, Stage, StateManager, Turn, UserId,
    assert_choices, assert_menu, assert_transitions,
};
use vimbiso_telegram::simulated::SimulatedApi;
use vimbiso_telegram::{Client, Message, Telegram, Token};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Counter,
    Paying,
}

impl Stage for At {
    const START: Self = Self::Counter;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Counter, "counter", &[Self::Paying]),
        row(Self::Paying, "paying", &[Self::Counter]),
    ];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pick {
    Green,
    Black,
    Pay,
    Yes,
    No,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Green, "green", None),
        choice(Self::Black, "black", None),
        choice(Self::Pay, "pay", Some(At::Paying)),
        choice(Self::Yes, "yes", None),
        choice(Self::No, "no", Some(At::Counter)),
    ];
}
assert_choices!(Pick);

static TEAS: MenuOptions<Pick> = MenuOptions::new(
    "teas",
    &[
        (Pick::Green, "Green tea"),
        (Pick::Black, "Black tea"),
        (Pick::Pay, "Pay"),
    ],
);
assert_menu!(TeaShop, TEAS, [At::Counter]);

static SURE: MenuOptions<Pick> = MenuOptions::new("sure", &[(Pick::Yes, "Yes"), (Pick::No, "No")]);
assert_menu!(TeaShop, SURE, [At::Paying]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Order {
    teas: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Payment {
    dollars: u32,
}

struct TeaShop;

impl Flow for TeaShop {
    const NAME: &'static str = "tea_shop";
    type Stage = At;
    type Choice = Pick;
    type Data = Order;
}

impl Conversation for TeaShop {
    type Input = String; // what the guest typed, or the id of the button
    type Reply = Message;
    type Query = Infallible; // it looks nothing up
    type Fact = Infallible;
    type Call = Payment;
    type Receipt = ();

    fn decide(
        turn: &mut Turn<Self>,
        input: &String,
        _: &[Infallible],
    ) -> Result<Next<Self>, Error> {
        match turn.pick(input) {
            Ok(Answer::Open(Pick::Green | Pick::Black)) => {
                turn.data_mut().teas += 1;
                let text = match turn.data().teas {
                    1 => "1 tea so far. Anything else?".to_owned(),
                    teas => format!("{teas} teas so far. Anything else?"),
                };
                Ok(menu(turn, text, &TEAS))
            }
            Ok(Answer::Open(Pick::Pay)) if turn.data().teas > 0 => {
                turn.select(Pick::Pay)?;
                let text = format!("Pay {} dollars?", 3 * turn.data().teas);
                Ok(menu(turn, text, &SURE))
            }
            Ok(Answer::Open(Pick::Yes)) => Ok(Next::Call(Payment {
                dollars: 3 * turn.data().teas,
            })),
            Ok(Answer::Open(Pick::No)) => {
                turn.select(Pick::No)?;
                Ok(menu(turn, "Nothing was paid. Anything else?", &TEAS))
            }
            // Something else, or a button of an earlier question: begin again.
            _ => {
                turn.reset();
                Ok(menu(turn, "Welcome! What would you like?", &TEAS))
            }
        }
    }

    fn still_pending(payment: &Payment) -> Message {
        Message::new(format!("{} dollars are still being paid.", payment.dollars))
    }

    fn told(payment: &Payment, outcome: &Outcome<()>) -> Message {
        let dollars = payment.dollars;
        Message::new(match outcome {
            Outcome::Done(()) => format!("Paid {dollars} dollars. Your tea is coming!"),
            Outcome::Refused(why) => format!("Nothing was paid: {why}"),
            Outcome::NotMade => "Nothing was paid.".to_owned(),
            Outcome::GivenUp => format!("We do not know if {dollars} dollars were paid. Ask us!"),
        })
    }

    fn moved(
        turn: &mut Turn<Self>,
        _: &Payment,
        _: &Outcome<()>,
    ) -> Result<Option<Message>, Error> {
        turn.reset();
        Ok(None) // the guest reads what `told` says
    }
}

fn menu(
    turn: &mut Turn<TeaShop>,
    text: impl Into<String>,
    menu: &'static MenuOptions<Pick>,
) -> Next<TeaShop> {
    let question = turn.show(menu);
    Next::Reply(Message::new(text).menu(menu, question))
}

/// A bank that honours idempotency keys.
struct Bank;

type Answered = Result<CallAnswer<()>, Box<dyn StdError + Send + Sync>>;

#[async_trait]
impl Service<TeaShop> for Bank {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(&self, _: &UserId, _key: CallKey, _: &Payment) -> Answered {
        // In real life: POST with the header `Idempotency-Key: {key}`, then `?`.
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &Payment) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(24 * 60 * 60)
    }
}

fn start(client: Client) -> Result<Telegram<TeaShop>, Box<dyn StdError>> {
    // `RedisStore` instead of `MemoryStore`, and nothing is lost if the process dies.
    let manager = StateManager::new(MemoryStore::new());
    let bot = Bot::new(manager, Bank, client.clone());
    tokio::spawn(bot.clone().work());
    Ok(Telegram::new(bot, client)?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    if let Ok(token) = std::env::var("TELEGRAM_TOKEN") {
        let client = Client::new(Token::new(token)?)?;
        println!("Write to https://t.me/{}", client.username().await?);
        let telegram = start(client)?;
        telegram.poll(std::future::pending()).await?;
        return Ok(());
    }
    let api = SimulatedApi::start(Token::new("1:simulated")?).await?;
    let client = Client::builder(api.token()).base_url(api.url()).build()?;
    let telegram = start(client)?;
    tokio::spawn(async move { telegram.poll(std::future::pending()).await });
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let read = api.sent().len();
        match line.strip_prefix('>') {
            Some(label) => drop(api.press(42, label.trim()).ok_or("no such button")?),
            None => drop(api.write(42, &line)),
        }
        for message in api
            .sent_at_least(read + 1, Duration::from_secs(5))
            .await
            .iter()
            .skip(read)
        {
            let labels = message
                .buttons
                .iter()
                .map(|(label, _)| format!(" [{label}]"));
            println!("{}{}", message.text, labels.collect::<String>());
        }
    }
    Ok(())
}
