//! Tokens for a bank's API: issued if a call needs one, and refreshed once for all callers.
//!
//! ```text
//! $ cargo run --example tokens
//! ten calls at once: balance 7 each, 1 token issued
//! the token is revoked: balance 7, 1 call refused, 2 tokens
//! the bank does not know Eve: no token: the token source denies this user a token
//! ```

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::token::{CallError, IssuedToken, SourceError, TokenRejected, TokenSource};
use vimbiso_state::{Flow, JwtToken, MemoryStore, StateManager, UserId};

/// The bank: a login that issues tokens, and a balance that asks for one.
#[derive(Default)]
struct Bank {
    issued: AtomicU32,
    refused: AtomicU32,
    valid: Mutex<Option<JwtToken>>,
}

#[async_trait]
impl TokenSource for Bank {
    async fn issue(&self, user: &UserId) -> Result<IssuedToken, SourceError> {
        tokio::time::sleep(Duration::from_millis(30)).await; // the request to the bank
        if user.expose() == "eve" {
            return Err(SourceError::denied("unknown user")); // HTTP 401 or 403
        }
        let number = self.issued.fetch_add(1, Relaxed) + 1;
        let token = JwtToken::new(format!("eyJhbGciOiJIUzI1NiJ9.e30.{number:04}"))?;
        *self.valid.lock().await = Some(token.clone());
        Ok(IssuedToken::new(token).expires_in(Duration::from_secs(600))) // as the bank said
    }
}

impl Bank {
    async fn balance(&self, token: JwtToken) -> Result<u32, Box<dyn Error + Send + Sync>> {
        if self.valid.lock().await.as_ref() == Some(&token) {
            return Ok(7);
        }
        self.refused.fetch_add(1, Relaxed);
        Err(TokenRejected.into()) // HTTP 401: refresh, and call once more
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let manager = StateManager::<Bot>::new(MemoryStore::new());
    let bank = Arc::new(Bank::default());
    let ada = UserId::new("ada")?;

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let manager = manager.clone();
        let bank = Arc::clone(&bank);
        let ada = ada.clone();
        calls.spawn(async move {
            manager
                .with_token(&ada, &bank, |token| bank.balance(token))
                .await
        });
    }
    for balance in calls.join_all().await {
        assert_eq!(balance?, 7);
    }
    println!(
        "ten calls at once: balance 7 each, {:?} token issued",
        bank.issued
    );

    *bank.valid.lock().await = None;
    let balance = manager
        .with_token(&ada, &bank, |token| bank.balance(token))
        .await?;
    println!(
        "the token is revoked: balance {balance}, {:?} call refused, {:?} tokens",
        bank.refused, bank.issued
    );

    match manager
        .with_token(&UserId::new("eve")?, &bank, |token| bank.balance(token))
        .await
    {
        Err(CallError::NoToken(why)) => println!("the bank does not know Eve: no token: {why}"),
        other => println!("unexpected: {other:?}"),
    }
    Ok(())
}

/// A conversation of one stage and no data: tokens need no more.
struct Bot;
impl Flow for Bot {
    const NAME: &'static str = "bot";
    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Nothing;
}
#[derive(Clone, Default, Serialize, Deserialize)]
struct Nothing {}
