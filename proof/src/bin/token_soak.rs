//! A hundred conversations of fifty users, on an API whose tokens live for two seconds at most and
//! are revoked at times: no call fails, and no token is asked for twice. Exits with 1 if a call
//! fails or a token is asked for twice.
//!
//! ```text
//! $ cargo run --release -p proof --bin token_soak
//! 50 users at 2 managers on one store, tokens of 1 to 2 s, 8 s
//! calls       15187
//! rejected       60   (the token had been revoked: refreshed, and called once more)
//! tokens        452
//! asked twice     0   (during a refresh, or with a token that was still good)
//! failures        0
//! ```

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::one_stage::OneStage;
use proof::BoxError;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use vimbiso_state::id::InvalidToken;
use vimbiso_state::token::{IssuedToken, SourceError, TokenRejected, TokenSource};
use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};

const USERS: usize = 50;
const SECONDS: u64 = 8;

/// The API: logs users in, and answers calls.
#[derive(Default)]
struct Api {
    calls: AtomicU64,
    rejected: AtomicU64,
    issued: AtomicU64,
    asked_twice: AtomicU64,
    tokens: Mutex<Tokens>,
}

/// The tokens that the API has issued.
#[derive(Default)]
struct Tokens {
    logging_in: HashSet<UserId>,
    latest: HashMap<UserId, Latest>,
    revoked: HashSet<String>,
}

struct Latest {
    token: JwtToken,
    /// After three quarters of its life. The manager asks for the next one after four fifths.
    good_until: SystemTime,
}

#[async_trait]
impl TokenSource for Api {
    async fn issue(&self, user: &UserId) -> Result<IssuedToken, SourceError> {
        self.begin(user);
        sleep(Duration::from_millis(30)).await;
        Ok(self.end(user)?.into())
    }
}

impl Api {
    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, user: &UserId) {
        let mut tokens = self.tokens();
        let now = SystemTime::now();
        let good = tokens.latest.get(user).is_some_and(|last| {
            now < last.good_until && !tokens.revoked.contains(last.token.expose())
        });
        if !tokens.logging_in.insert(user.clone()) || good {
            self.asked_twice.fetch_add(1, Relaxed);
        }
    }

    fn end(&self, user: &UserId) -> Result<JwtToken, InvalidToken> {
        let number = self.issued.fetch_add(1, Relaxed);
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims = format!(
            r#"{{"jti":{number},"iat":{seconds},"exp":{}}}"#,
            seconds + 2
        );
        let token = JwtToken::new(format!(
            "{}.{}.{}",
            part(r#"{"alg":"HS256"}"#),
            part(&claims),
            part("signature")
        ))?;
        let mut tokens = self.tokens();
        tokens.logging_in.remove(user);
        let good_until = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(1500);
        tokens.latest.insert(
            user.clone(),
            Latest {
                token: token.clone(),
                good_until,
            },
        );
        Ok(token)
    }

    /// The call that a bot makes. Every 500th call revokes its token, which is rejected from then
    /// on.
    async fn balance(&self, token: JwtToken) -> Result<u32, TokenRejected> {
        sleep(Duration::from_millis(20)).await;
        let mut tokens = self.tokens();
        if self.calls.fetch_add(1, Relaxed) % 500 == 499 {
            tokens.revoked.insert(token.expose().to_owned());
        }
        if tokens.revoked.contains(token.expose())
            || token
                .expires_at()
                .is_none_or(|exp| exp <= SystemTime::now())
        {
            self.rejected.fetch_add(1, Relaxed);
            return Err(TokenRejected);
        }
        Ok(7)
    }
}

async fn converse(manager: StateManager<Bot>, user: UserId, api: Arc<Api>) -> u64 {
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let mut failures = 0;
    while Instant::now() < end {
        let balance = manager
            .with_token(&user, &api, async |token| Ok(api.balance(token).await?))
            .await;
        failures += u64::from(balance.is_err());
        sleep(Duration::from_millis(30)).await;
    }
    failures
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    println!("{USERS} users at 2 managers on one store, tokens of 1 to 2 s, {SECONDS} s");
    let api = Arc::new(Api::default());
    // Like two processes on one Redis: they share the store alone.
    let store = MemoryStore::new();
    let managers = [store.clone(), store].map(StateManager::<Bot>::new);
    let mut conversations = tokio::task::JoinSet::new();
    for n in 0..USERS {
        let user = UserId::mobile(format!("2637712340{n:02}"))?;
        // The messages of a user reach both managers.
        for manager in &managers {
            conversations.spawn(converse(manager.clone(), user.clone(), Arc::clone(&api)));
        }
    }
    let failures: u64 = conversations.join_all().await.into_iter().sum();
    let asked_twice = api.asked_twice.load(Relaxed);
    println!("calls       {:5}", api.calls.load(Relaxed));
    println!(
        "rejected    {:5}   (the token had been revoked: refreshed, and called once more)",
        api.rejected.load(Relaxed)
    );
    println!("tokens      {:5}", api.issued.load(Relaxed));
    println!(
        "asked twice {asked_twice:5}   (during a refresh, or with a token that was still good)"
    );
    println!("failures    {failures:5}");
    Ok(if failures + asked_twice == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Tokens need neither stages nor data.
type Bot = OneStage<Nothing>;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Nothing {}
