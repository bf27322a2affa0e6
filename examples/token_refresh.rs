//! Fifty conversations in parallel on an API whose tokens live for two seconds: no call fails, and no token is asked for twice.
//!
//! ```text
//! $ cargo run --example token_refresh
//! 50 conversations, 2 processes, tokens that live for 2 s, 8 s
//! calls     15074
//! refreshes   415
//! retries      30   (the API refused a token: refreshed, and called once more)
//! failures      0
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use vimbiso_state::{
    BoxError, CallError, Choice, Flow, JwtToken, Member, MemoryStore, Row, SourceError, Stage, StateManager, StateStore,
    TokenSource, UserId, assert_transitions, row,
};

const CONVERSATIONS: usize = 50;
const SECONDS: u64 = 8;

/// The one place that says where sessions are stored: each process has its own way to them.
async fn processes() -> Result<[Arc<dyn StateStore>; 2], BoxError> {
    let store = Arc::new(MemoryStore::new());
    Ok([store.clone(), store])
}

/// The API: logs users in, and answers calls.
#[derive(Default)]
struct Api {
    calls: AtomicU64,
    logins: AtomicU64,
    retries: AtomicU64,
}

#[async_trait]
impl TokenSource for Api {
    async fn issue(&self, _: &UserId) -> Result<JwtToken, SourceError> {
        sleep(Duration::from_millis(30)).await;
        let (login, now) = (self.logins.fetch_add(1, Relaxed), now());
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims = format!(r#"{{"jti":{login},"iat":{},"exp":{}}}"#, now.as_secs(), now.as_secs() + 2);
        Ok(JwtToken::new(format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(&claims), part("signature")))?)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the API is down")]
struct Down;

impl Api {
    /// What a bot calls the API for. Now and then the API has revoked a token before its time.
    async fn balance(&self, token: JwtToken) -> Result<u32, CallError<Down>> {
        sleep(Duration::from_millis(20)).await;
        let revoked = self.calls.fetch_add(1, Relaxed) % 500 == 499;
        if revoked || token.expires_at().is_none_or(|exp| exp <= SystemTime::now()) {
            self.retries.fetch_add(1, Relaxed);
            return Err(CallError::TokenRefused);
        }
        Ok(7)
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

async fn converse(manager: StateManager<Bot>, user: UserId, api: Arc<Api>) -> u64 {
    let (end, mut failures) = (Instant::now() + Duration::from_secs(SECONDS), 0);
    while Instant::now() < end {
        let balance = manager.with_token(&user, &api, |token| api.balance(token)).await;
        failures += u64::from(balance.is_err());
        sleep(Duration::from_millis(30)).await;
    }
    failures
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    println!("{CONVERSATIONS} conversations, 2 processes, tokens that live for 2 s, {SECONDS} s");
    let api = Arc::new(Api::default());
    let processes = processes().await?.map(StateManager::<Bot>::new);
    let mut conversations = tokio::task::JoinSet::new();
    for n in 0..CONVERSATIONS {
        let user = UserId::mobile(format!("2637712340{n:02}"))?;
        // A user's messages reach both processes.
        for manager in &processes {
            conversations.spawn(converse(manager.clone(), user.clone(), Arc::clone(&api)));
        }
    }
    let failures: u64 = conversations.join_all().await.into_iter().sum();
    let (calls, logins) = (api.calls.load(Relaxed), api.logins.load(Relaxed));
    println!("calls     {calls:5}");
    println!("refreshes {logins:5}");
    println!("retries   {:5}   (the API refused a token: refreshed, and called once more)", api.retries.load(Relaxed));
    println!("failures  {failures:5}");
    Ok(())
}

/// A conversation of one stage: tokens need no more.
#[derive(Debug)]
struct Bot;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Nothing {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Only {
    Menu,
}

impl Stage for Only {
    const START: Self = Self::Menu;
    const TABLE: &'static [Row<Self>] = &[row(Self::Menu, "menu", &[])];
}
assert_transitions!(Only);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoChoice {}

impl Choice<Only> for NoChoice {
    const ALL: &'static [Self] = &[];

    fn name(self) -> &'static str {
        match self {}
    }

    fn leads_to(self) -> Option<Only> {
        match self {}
    }
}

impl Flow for Bot {
    type Stage = Only;
    type Choice = NoChoice;
    type State = Nothing;

    fn member(_: &Nothing) -> Option<Member<'_>> {
        None
    }
}
