//! Tokens from a source, from a store and from a vault.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vimbiso_state::id::InvalidToken;
use vimbiso_state::store::{ExpectedToken, StoredToken, TokenPut, TokenStore};
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::token::{CallError, IssuedToken, SourceError, TokenSource};
use vimbiso_state::vimbisopay::StateManager;
use vimbiso_state::{JwtToken, MemoryStore, StateStore, UserId};

use crate::{soon, wait};

fn user() -> UserId {
    UserId::new("263771234567").unwrap()
}

async fn put(store: &dyn StateStore, text: &str) {
    let put = TokenPut {
        token: Some(&StoredToken::new(text)),
        expected: ExpectedToken::Any,
        ttl: Duration::from_secs(60),
        deadline: soon(),
    };
    let _ = tokens(store).put_token(&user(), put).await.unwrap();
}

async fn stored(store: &dyn StateStore) -> Option<String> {
    let token = tokens(store).load_token(&user(), soon()).await.unwrap();
    token.map(|token| token.expose().to_owned())
}

fn tokens(store: &dyn StateStore) -> &dyn TokenStore {
    store.tokens().expect("the store keeps tokens")
}

struct Issues(JwtToken);

#[async_trait]
impl TokenSource for Issues {
    async fn issue(&self, _: &UserId) -> Result<IssuedToken, SourceError> {
        Ok(self.0.clone().into())
    }
}

thread_local! {
    static MEMORY: (MemoryStore, StateManager) = {
        let store = MemoryStore::new();
        (store.clone(), StateManager::new(store))
    };
}

/// Reads a token, or, after `=`, the claims of one.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let text = match text.strip_prefix('=') {
        Some(claims) => format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.c2ln",
            URL_SAFE_NO_PAD.encode(claims)
        ),
        None => text.to_owned(),
    };
    let read = JwtToken::new(&text);
    let is_token =
        (1..=JwtToken::MAX_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    // What is refused beyond that is a JSON Web Token whose end cannot be read.
    let malformed = read == Err(InvalidToken::Malformed);
    assert_eq!(read.is_ok() || malformed, is_token);
    let (store, manager) = MEMORY.with(Clone::clone);
    wait(async {
        // The text in the store is read as that token, or as no token.
        put(&store, &text).await;
        let found = manager.load(&user()).await.unwrap();
        assert_eq!(found.jwt_token(), read.as_ref().ok());
        let shown = found.jwt_token().map(|token| format!("{token:?}"));
        assert!(shown.is_none_or(|shown| shown == "JwtToken(redacted)"));
        manager.delete(&user()).await.unwrap();
        let Ok(token) = read else { return };
        // A call is made with the token that a source issues, or the token is refused.
        let called = manager
            .with_token(&user(), &Arc::new(Issues(token.clone())), async |token| {
                Ok(token)
            })
            .await;
        match called {
            Ok(called) => assert_eq!(called, token),
            Err(why) => assert!(matches!(why, CallError::NoToken(_)), "{why:?}"),
        }
        manager.delete(&user()).await.unwrap();
    });
}

/// Reads the stored text of a vault, or, after `=`, a real one with some bytes replaced.
pub fn envelope(data: &[u8]) {
    let ring = || KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap());
    let store = MEMORY.with(|(store, _)| store.clone());
    let vault = Vault::new(store.clone(), ring());
    wait(async {
        put(&vault, "a-secret-token").await;
        let mut text = stored(&store).await.unwrap();
        assert_eq!(stored(&vault).await.as_deref(), Some("a-secret-token"));
        let sealed = text.clone();
        match data.split_first() {
            Some((b'=', changes)) => {
                let mut bytes = text.into_bytes();
                for change in changes.chunks_exact(2) {
                    let at = usize::from(change[0]) % bytes.len();
                    bytes[at] = change[1];
                }
                text = String::from_utf8_lossy(&bytes).into_owned();
            }
            _ => text = String::from_utf8_lossy(data).into_owned(),
        }
        put(&store, &text).await;
        let opened = stored(&vault).await;
        assert_eq!(
            opened.is_some(),
            text == sealed,
            "a changed text was opened, or an unchanged one was not"
        );
        store.delete(&user(), soon()).await.unwrap();
    });
}
