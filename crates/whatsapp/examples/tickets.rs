//! Cinema tickets on WhatsApp: a guest chooses a film and a number, pays, and reads the code.
//!
//! Without credentials, it talks to a simulated Graph API, and you are the guest. A line is a
//! message; a line after `>` presses the button or the row with that label:
//!
//! ```text
//! $ printf 'hi\n> The Sea\n3\n> Pay\n' | cargo run -p vimbiso-whatsapp --example tickets
//! Which film tonight? [The Sea] [Night Train] [Mountains] [Two Sisters]
//! The Sea. How many tickets, 1 to 8?
//! 3 tickets for The Sea, 15 dollars. [Pay] [Start again]
//! Paid 15 dollars. Show this code at the door: THE-SEA-3
//! ```
//!
//! With the credentials of your app at Meta, it is a real bot, which listens on 127.0.0.1:8080
//! behind your proxy; with REDIS_URL, any number of processes share the work:
//!
//! ```text
//! $ export PHONE_NUMBER_ID=… ACCESS_TOKEN=… APP_SECRET=… VERIFY_TOKEN=… REDIS_URL=redis://…
//! $ cargo run -p vimbiso-whatsapp --example tickets
//! ```

use std::convert::Infallible;
use std::io::BufRead;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use vimbiso_state::bot::{Bot, CallAnswer, Conversation, Next, Outcome, Service};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::id::CallKey;
use vimbiso_state::{
    Answer, Choice, Error, Flow, MemoryStore, MenuOptions, RedisStore, Stage, StateManager, Turn,
    UserId, assert_choices, assert_menu, assert_transitions,
};
use vimbiso_whatsapp::simulated::SimulatedGraph;
use vimbiso_whatsapp::{AppSecret, Client, Message, Template, Webhook, WhatsApp};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Films,
    Number,
    Paying,
}

impl Stage for At {
    const START: Self = Self::Films;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Films, "films", &[Self::Number]),
        row(Self::Number, "number", &[Self::Paying]),
        row(Self::Paying, "paying", &[Self::Films]),
    ];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pick {
    Sea,
    Train,
    Mountains,
    Sisters,
    Pay,
    Restart,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Sea, "sea", Some(At::Number)),
        choice(Self::Train, "train", Some(At::Number)),
        choice(Self::Mountains, "mountains", Some(At::Number)),
        choice(Self::Sisters, "sisters", Some(At::Number)),
        choice(Self::Pay, "pay", Some(At::Films)),
        choice(Self::Restart, "restart", Some(At::Films)),
    ];
}
assert_choices!(Pick);

static FILMS: MenuOptions<Pick> = MenuOptions::new(
    "films",
    &[
        (Pick::Sea, "The Sea"),
        (Pick::Train, "Night Train"),
        (Pick::Mountains, "Mountains"),
        (Pick::Sisters, "Two Sisters"),
    ],
);
assert_menu!(Tickets, FILMS, [At::Films]);

static PAY: MenuOptions<Pick> =
    MenuOptions::new("pay", &[(Pick::Pay, "Pay"), (Pick::Restart, "Start again")]);
assert_menu!(Tickets, PAY, [At::Paying]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Order {
    film: String,
    tickets: u32,
}

struct Tickets;

impl Flow for Tickets {
    const NAME: &'static str = "tickets";
    type Stage = At;
    type Choice = Pick;
    type Data = Order;
}

impl Conversation for Tickets {
    type Input = String; // what the guest typed, or the id of the button
    type Reply = Message;
    type Query = Infallible; // it looks nothing up
    type Fact = Infallible;
    type Call = Order;
    type Receipt = String;

    fn decide(turn: &mut Turn<Self>, text: &String, _: &[Infallible]) -> Result<Next<Self>, Error> {
        match (turn.stage(), turn.pick(text)) {
            (At::Films, Ok(Answer::Open(film))) => {
                turn.select(film)?;
                let found = FILMS.options().find(|(choice, _)| *choice == film);
                let title = found.map_or("", |(_, title)| title);
                turn.data_mut().film = title.to_owned();
                let text = format!("{title}. How many tickets, 1 to 8?");
                Ok(Next::Reply(Message::new(text)))
            }
            (At::Number, _) => {
                let Ok(tickets @ 1..=8) = text.trim().parse() else {
                    return Ok(Next::Reply(Message::new("Please write a number, 1 to 8.")));
                };
                turn.transition_to(At::Paying, None)?;
                turn.data_mut().tickets = tickets;
                let film = &turn.data().film;
                let text = format!("{tickets} tickets for {film}, {} dollars.", 5 * tickets);
                Ok(menu(turn, &text, &PAY))
            }
            (At::Paying, Ok(Answer::Open(Pick::Pay))) => {
                turn.select(Pick::Pay)?;
                Ok(Next::Call(turn.data().clone()))
            }
            // Something else, or a button of an earlier question: begin again.
            _ => {
                turn.reset();
                Ok(menu(turn, "Which film tonight?", &FILMS))
            }
        }
    }

    fn still_pending(order: &Order) -> Message {
        Message::new(format!("{} is still being paid.", order.film))
    }

    fn told(order: &Order, outcome: &Outcome<String>) -> Message {
        match outcome {
            Outcome::Done(code) => {
                let dollars = 5 * order.tickets;
                let text = format!("Paid {dollars} dollars. Show this code at the door: {code}");
                // Meta has approved it for guests who have not written for 24 hours.
                Message::new(text).template(Template::new("tickets_paid", "en").parameter(code))
            }
            Outcome::Refused(why) => Message::new(format!("Nothing was paid: {why}")),
            Outcome::NotMade => Message::new("Nothing was paid."),
            Outcome::GivenUp => Message::new("We do not know if you have paid. Please call us."),
        }
    }
}

fn menu(turn: &mut Turn<Tickets>, text: &str, menu: &'static MenuOptions<Pick>) -> Next<Tickets> {
    let question = turn.show(menu);
    Next::Reply(Message::new(text).menu(menu, question))
}

/// The box office, which honours idempotency keys.
struct BoxOffice;

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Answered = Result<CallAnswer<String>, Failed>;

#[async_trait]
impl Service<Tickets> for BoxOffice {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(&self, _: &UserId, _key: CallKey, order: &Order) -> Answered {
        // In real life: POST with the header `Idempotency-Key: {key}`, then `?`.
        let code = order.film.to_uppercase().replace(' ', "-");
        Ok(CallAnswer::done(format!("{code}-{}", order.tickets)))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &Order) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(24 * 60 * 60)
    }
}

/// Serves the bot at the path `/webhook`.
async fn serve(
    listener: TcpListener,
    client: Client,
    secret: AppSecret,
    verify_token: String,
) -> Result<(), Failed> {
    let store = RedisStore::builder().namespace("tickets");
    let manager = match std::env::var("REDIS_URL") {
        Ok(url) => StateManager::new(store.connect(url).await?),
        Err(_) => StateManager::new(MemoryStore::new()),
    };
    let whatsapp = WhatsApp::new(client);
    let bot = Bot::new(manager, BoxOffice, whatsapp.clone());
    tokio::spawn(bot.clone().work());
    let webhook = Webhook::new(bot, secret, verify_token, |message| {
        message.content.answer().map(str::to_owned)
    });
    let routes = webhook.statuses_to(&whatsapp).router()?;
    Ok(axum::serve(listener, routes).await?)
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    if let Ok(token) = std::env::var("ACCESS_TOKEN") {
        let client = Client::new(std::env::var("PHONE_NUMBER_ID")?, token)?;
        let secret = AppSecret::new(std::env::var("APP_SECRET")?)?;
        let listener = TcpListener::bind("127.0.0.1:8080").await?;
        return serve(listener, client, secret, std::env::var("VERIFY_TOKEN")?).await;
    }
    let graph = SimulatedGraph::start().await?;
    let client = Client::builder("1", "any").graph_url(graph.url()).build()?;
    let secret = AppSecret::new("simulated")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhook", listener.local_addr()?);
    graph.webhook(url, secret.clone());
    tokio::spawn(serve(listener, client, secret, "any".to_owned()));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let read = graph.sent().len();
        match line.strip_prefix('>') {
            Some(label) => graph.press("263771234567", label.trim()).await?,
            None => graph.write("263771234567", &line).await?,
        }
        for message in &graph.sent_at_least(read + 1, Duration::from_secs(5)).await[read..] {
            let options = message.options().into_iter();
            let labels: String = options.map(|(_, label)| format!(" [{label}]")).collect();
            println!("{}{labels}", message.text());
        }
    }
    Ok(())
}
