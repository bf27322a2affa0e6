//! A worker: the bot in a process of its own, which takes messages over TCP.

mod clients;
pub mod design;
mod naive;
pub mod points;
mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::hooked::Hooked;
use proof::BoxError;
use proof::payments::event::{Kind, What};
use proof::payments::evidence::Message;
use proof::payments::shop::Shop;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{Bot, Delivered, Inbound, Report};
use vimbiso_state::{Error, MessageId, RedisStore, StateManager, UserId};

use crate::payments::wire;
use clients::{Bank, Sender};
use design::Design;
use naive::Naive;
use points::{Points, Trap};

/// What a worker is started with. Times are in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub worker: usize,
    pub design: Design,
    pub redis: String,
    pub bank: u16,
    pub channel: u16,
    pub events: PathBuf,
    pub trap: Option<Trap>,
    pub ttl: u64,
    pub repeat_for: u64,
    pub settles_within: Option<u64>,
    pub give_up_after: u64,
    /// How many users it works for at a time.
    pub workers: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Question {
    Deliver(Message),
    /// From now on it neither dies nor stops by itself.
    Disarm,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    First,
    Duplicate,
    /// It may be delivered again.
    Failed(String),
    Disarmed,
}

/// One of the designs.
enum Handler {
    Bot(Bot<Shop>),
    Naive(Naive),
}

pub async fn run(settings: Settings) -> Result<(), BoxError> {
    let points = Points::new(settings.worker, settings.trap, &settings.events)?;
    let store = Hooked::new(connect(&settings.redis).await?, points.clone());
    let manager = StateManager::<Shop>::builder(store)
        .ttl(Duration::from_millis(settings.ttl))
        .build()?;
    let bank = Bank {
        port: settings.bank,
        points: points.clone(),
        repeat_for: Duration::from_millis(settings.repeat_for),
        settles_within: settings.settles_within.map(Duration::from_millis),
    };
    let sender = Sender {
        port: settings.channel,
        points: points.clone(),
    };
    // First: a bot that works may stop at once, and the parent waits for the port.
    let listener = wire::listen().await?;
    let handler = Arc::new(if settings.design == Design::Outbox {
        let bot = bot(manager, bank, sender, &settings)?;
        tokio::spawn(bot.clone().work());
        Handler::Bot(bot)
    } else {
        Handler::Naive(Naive {
            design: settings.design,
            manager,
            bank,
            sender,
            working: Arc::default(),
        })
    });
    wire::serve(listener, move |question| {
        let handler = Arc::clone(&handler);
        let points = points.clone();
        async move {
            match question {
                Question::Deliver(message) => Some(handler.deliver(message).await),
                Question::Disarm => {
                    points.disarm();
                    Some(Answer::Disarmed)
                }
            }
        }
    })
    .await?;
    Ok(())
}

fn bot(
    manager: StateManager<Shop>,
    bank: Bank,
    sender: Sender,
    settings: &Settings,
) -> Result<Bot<Shop>, Error> {
    let points = sender.points.clone();
    Bot::builder(manager, bank)
        .channel(sender)
        .lease(Duration::from_secs(5))
        .send_timeout(Duration::from_secs(1))
        .call_timeout(Duration::from_secs(1))
        .give_up_after(Duration::from_millis(settings.give_up_after))
        .workers(settings.workers)
        .poll(Duration::from_millis(50))
        .on_report(move |report| points.note(reported(report)))
        .build()
}

/// A store that soon gives up a connection without answers. The first connection may take longer.
async fn connect(url: &str) -> Result<RedisStore, BoxError> {
    let builder = RedisStore::builder()
        .response_timeout(Duration::from_millis(300))
        .connect_timeout(Duration::from_millis(300));
    let started = Instant::now();
    loop {
        match builder.clone().connect(url).await {
            Ok(store) => return Ok(store),
            Err(_) if started.elapsed() < Duration::from_secs(30) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn reported(report: &Report) -> What {
    let text = report.to_string();
    let (kind, key, reply) = match report {
        Report::Rejected { reply, .. } => (Kind::Rejected, None, Some(reply.to_string())),
        Report::GivenUp { key, .. } => (Kind::GivenUp, Some(key.to_string()), None),
        Report::LateOutcome { key, .. } => (Kind::LateOutcome, Some(key.to_string()), None),
        Report::LostCall { key, .. } => (Kind::LostCall, Some(key.to_string()), None),
        Report::NotMoved { key, .. } => (Kind::NotMoved, Some(key.to_string()), None),
        Report::Unreadable { .. } => (Kind::Unreadable, None, None),
        Report::Panicked { .. } => (Kind::Panicked, None, None),
        _ => (Kind::Failed, None, None),
    };
    What::Reported {
        kind,
        user: user_of(report).map(|user| user.expose().to_owned()),
        key,
        reply,
        text,
    }
}

fn user_of(report: &Report) -> Option<&UserId> {
    match report {
        Report::Rejected { user, .. }
        | Report::GivenUp { user, .. }
        | Report::LateOutcome { user, .. }
        | Report::LostCall { user, .. }
        | Report::NotMoved { user, .. }
        | Report::Unreadable { user }
        | Report::Panicked { user, .. } => Some(user),
        Report::Failed { user, .. } => user.as_ref(),
        _ => None,
    }
}

impl Handler {
    async fn deliver(&self, message: Message) -> Answer {
        let delivered = async {
            let user = UserId::new(message.user)?;
            let id = MessageId::new(message.id)?;
            match self {
                Self::Bot(bot) => bot.handle(Inbound::new(user, id, message.text)).await,
                Self::Naive(naive) => naive.handle(user, id, message.text).await,
            }
        };
        match delivered.await {
            Ok(Delivered::First) => Answer::First,
            Ok(Delivered::Duplicate) => Answer::Duplicate,
            Err(error) => Answer::Failed(error.to_string()),
        }
    }
}
