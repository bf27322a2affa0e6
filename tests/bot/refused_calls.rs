//! A call is stored until its outcome is known, so it is checked as session data is.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use tokio::time::Instant;
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Inbound, Next, Outcome, Outgoing, Sent, Service,
};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::session::{InvalidState, ReadBackError};
use vimbiso_state::store::{Outbox, OutboxStore};
use vimbiso_state::{
    Error, Flow, MemoryStore, MessageId, Redelivery, StateManager, StateStore, Turn, UserId,
};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

/// What is called, and a part that is written in another way than it is read.
#[derive(Clone, Serialize, Deserialize)]
struct Call {
    what: Value,
    #[serde(default, serialize_with = "one_more")]
    rounds: u32,
}

fn one_more<S: Serializer>(rounds: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(if *rounds == 0 { 0 } else { rounds + 1 })
}

/// Calls what the message says.
struct Caller;

impl Flow for Caller {
    const NAME: &'static str = "caller";
    const ALLOWED_FIELD_NAMES: &'static [&'static str] = &["pin"];

    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = BTreeMap<String, u32>;
}

impl Conversation for Caller {
    type Input = Call;
    type Reply = String;
    type Query = Infallible;
    type Fact = Infallible;
    type Call = Call;
    type Receipt = ();

    fn decide(_: &mut Turn<Self>, call: &Call, _: &[Infallible]) -> Result<Next<Self>, Error> {
        Ok(Next::Call(call.clone()))
    }

    fn still_pending(_: &Call) -> String {
        "under way".to_owned()
    }

    fn told(_: &Call, _: &Outcome<()>) -> String {
        "done".to_owned()
    }
}

struct Api;

#[async_trait]
impl Service<Caller> for Api {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(
        &self,
        _: &UserId,
        _: CallKey,
        _: &Call,
    ) -> Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(
        &self,
        _: &UserId,
        _: CallKey,
        _: &Call,
    ) -> Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(3600)
    }
}

struct Screen;

#[async_trait]
impl Channel<Caller> for Screen {
    async fn send(&self, _: &Outgoing<Caller>) -> Sent {
        Sent::Sent
    }
}

/// Handles a message that leads to this call. If it fails, nothing is stored.
async fn handle(what: Value, rounds: u32) -> Result<(), Error> {
    let store = MemoryStore::new();
    let bot = Bot::new(StateManager::<Caller>::new(store.clone()), Api, Screen);
    let user = UserId::new("263771234567").unwrap();
    let message = MessageId::new("m1").unwrap();
    let inbound = Inbound::new(user.clone(), message, Call { what, rounds });
    let handled = bot.handle(inbound).await;
    if handled.is_err() {
        let deadline = Instant::now() + Duration::from_secs(1);
        let outbox = store.read(&user, deadline).await.unwrap();
        assert_eq!(outbox, Outbox::default());
        let loaded = store.load(&user, None, deadline).await.unwrap();
        assert_eq!(loaded.session.version(), None);
    }
    handled.map(drop)
}

#[tokio::test(start_paused = true)]
async fn call_with_a_token_is_refused() {
    let error = handle(json!({ "note": format!("Bearer {JWT}") }), 0).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, Error::Call(InvalidState::Token { path }) if path == "call.what.*"),
        "{error:?}"
    );
    assert_eq!(error.redeliver(), Redelivery::Answered);
    assert!(!error.to_string().contains("eyJ"));
}

#[tokio::test(start_paused = true)]
async fn call_with_the_name_of_a_secret_is_refused() {
    let error = handle(json!({ "password": "x" }), 0).await.unwrap_err();
    assert!(
        matches!(&error, Error::Call(InvalidState::SecretName { .. })),
        "{error:?}"
    );
    assert!(handle(json!({ "pin": "1" }), 0).await.is_ok(), "allowed");
}

#[tokio::test(start_paused = true)]
async fn call_that_does_not_read_back_is_refused() {
    let error = handle(json!("pay"), 1).await.unwrap_err();
    let changed = InvalidState::NotReadable(ReadBackError::Changed {
        path: "call.rounds".to_owned(),
    });
    assert!(
        matches!(&error, Error::Call(why) if why.to_string() == changed.to_string()),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn call_that_is_too_long_is_refused() {
    let error = handle(json!("x".repeat(20_000)), 0).await.unwrap_err();
    assert!(
        matches!(error, Error::CallTooLarge { bytes } if bytes > 20_000),
        "{error:?}"
    );
    assert!(handle(json!("x".repeat(16_000)), 0).await.is_ok());
}
