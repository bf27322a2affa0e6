//! When a token ends: what its source states, what it says itself, and by whose clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use harness::desk::{Manager, user};
use harness::tokens::{jwt, stored};
use tokio::time::sleep;
use vimbiso_state::id::InvalidToken;
use vimbiso_state::token::{
    CallError, IssuedToken, SourceError, TokenError, TokenRejected, TokenSource,
};
use vimbiso_state::{Error, JwtToken, MemoryStore, StateManager, UserId};

/// A source whose n-th token a function makes.
struct Issuer {
    make: fn(u64) -> IssuedToken,
    issued: AtomicU64,
}

impl Issuer {
    fn new(make: fn(u64) -> IssuedToken) -> Arc<Self> {
        let issued = AtomicU64::new(0);
        Arc::new(Self { make, issued })
    }

    fn issued(&self) -> u64 {
        self.issued.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenSource for Issuer {
    async fn issue(&self, _: &UserId) -> Result<IssuedToken, SourceError> {
        Ok((self.make)(self.issued.fetch_add(1, Ordering::SeqCst)))
    }
}

async fn call(manager: &Manager, issuer: &Arc<Issuer>) -> Result<String, CallError> {
    let text = async |token: JwtToken| Ok(token.expose().to_owned());
    manager.with_token(&user(1), issuer, text).await
}

/// The second that it is, so many seconds later.
fn second(later: i64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs().saturating_add_signed(later)
}

fn opaque(number: u64) -> JwtToken {
    JwtToken::new(format!("gho_{number:040}")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn opaque_token_is_used_for_its_stated_life() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let issuer = Issuer::new(|n| IssuedToken::new(opaque(n)).expires_in(Duration::from_secs(60)));
    for _ in 0..10 {
        assert_eq!(call(&manager, &issuer).await.unwrap(), opaque(0).expose());
    }
    // Another process finds it in the store, and uses it as long as it is there.
    let other = Manager::new(store.clone());
    assert_eq!(call(&other, &issuer).await.unwrap(), opaque(0).expose());
    sleep(Duration::from_secs(54)).await;
    assert_eq!(call(&other, &issuer).await.unwrap(), opaque(0).expose());
    assert_eq!(issuer.issued(), 1);
    // Its last 5 seconds are left unused.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stored(&store, &user(1)).await, None);
    for manager in [&manager, &other] {
        assert_eq!(call(manager, &issuer).await.unwrap(), opaque(1).expose());
    }
    assert_eq!(issuer.issued(), 2);
}

#[tokio::test(start_paused = true)]
async fn opaque_token_without_a_life_is_kept_for_the_ttl() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let issuer = Issuer::new(|n| opaque(n).into());
    call(&manager, &issuer).await.unwrap();
    sleep(Duration::from_secs(299)).await;
    assert!(stored(&store, &user(1)).await.is_some());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stored(&store, &user(1)).await, None);
    assert_eq!(call(&manager, &issuer).await.unwrap(), opaque(1).expose());
}

#[tokio::test(start_paused = true)]
async fn rejected_opaque_token_is_replaced() {
    let manager = Manager::new(MemoryStore::new());
    let issuer = Issuer::new(|n| opaque(n).into());
    let id = user(1);
    let used = manager.with_token(&id, &issuer, async |token| {
        if token == opaque(0) {
            return Err(TokenRejected.into());
        }
        Ok(token.expose().to_owned())
    });
    assert_eq!(used.await.unwrap(), opaque(1).expose());
}

#[tokio::test(start_paused = true)]
async fn token_of_a_slow_clock_is_used_for_its_length() {
    // This machine is ten minutes ahead, and tokens live for five.
    let make = |n| {
        let iat = second(-600);
        jwt(&format!(r#"{{"jti":{n},"iat":{iat},"exp":{}}}"#, iat + 300)).into()
    };
    let store = MemoryStore::new();
    let issuer = Issuer::new(make);
    let manager = Manager::new(store.clone());
    let first = call(&manager, &issuer).await.unwrap();
    for _ in 0..10 {
        assert_eq!(call(&manager, &issuer).await.unwrap(), first);
    }
    assert_eq!(issuer.issued(), 1);
    // Another process learns of the difference from its own first token, and then knows those that
    // the first one stores.
    let other = Manager::new(store.clone());
    let second = call(&other, &issuer).await.unwrap();
    assert_ne!(second, first);
    for _ in 0..10 {
        assert_eq!(call(&manager, &issuer).await.unwrap(), second);
        assert_eq!(call(&other, &issuer).await.unwrap(), second);
    }
    assert_eq!(issuer.issued(), 2);
}

#[tokio::test(start_paused = true)]
async fn token_that_is_not_valid_yet_is_used_for_its_length() {
    let make = |n| {
        let iat = second(600);
        jwt(&format!(
            r#"{{"jti":{n},"nbf":{iat}.5,"exp":{}.5}}"#,
            iat + 100
        ))
        .into()
    };
    let store = MemoryStore::new();
    let issuer = Issuer::new(make);
    let manager = Manager::new(store.clone());
    let first = call(&manager, &issuer).await.unwrap();
    assert_eq!(call(&manager, &issuer).await.unwrap(), first);
    sleep(Duration::from_secs(101)).await;
    assert_eq!(stored(&store, &user(1)).await, None, "not kept for the TTL");
}

#[tokio::test(start_paused = true)]
async fn stated_life_counts_for_more_than_exp() {
    let make = |n| {
        let token = jwt(&format!(r#"{{"jti":{n},"exp":{}}}"#, second(-60)));
        IssuedToken::new(token).expires_in(Duration::from_secs(100))
    };
    let store = MemoryStore::new();
    let issuer = Issuer::new(make);
    let manager = Manager::new(store.clone());
    let first = call(&manager, &issuer).await.unwrap();
    assert_eq!(call(&manager, &issuer).await.unwrap(), first);
    assert_eq!(stored(&store, &user(1)).await, Some(first));
    sleep(Duration::from_secs(96)).await;
    assert_eq!(stored(&store, &user(1)).await, None);
}

#[tokio::test(start_paused = true)]
async fn ended_token_without_a_length_names_the_clock() {
    let makes: [fn(u64) -> IssuedToken; 4] = [
        |_| jwt(&format!(r#"{{"exp":{}}}"#, second(-60))).into(),
        |_| jwt(&format!(r#"{{"exp":{0},"iat":{0}}}"#, second(-60))).into(),
        |_| jwt(r#"{"exp":-1,"iat":5}"#).into(),
        |n| IssuedToken::new(opaque(n)).expires_in(Duration::ZERO),
    ];
    for make in makes {
        let manager = Manager::new(MemoryStore::new());
        let failed = call(&manager, &Issuer::new(make)).await;
        let Err(CallError::NoToken(TokenError::Source(why))) = failed else {
            panic!("{failed:?}")
        };
        let SourceError::Invalid(why @ InvalidToken::Expired) = &*why else {
            panic!("{why:?}")
        };
        assert!(why.to_string().contains("check the clock"), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn host_states_the_life_of_a_token_it_stores() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let minute = Duration::from_secs(60);
    let issued = IssuedToken::new(opaque(7)).expires_in(minute);
    manager
        .set_jwt_token(&user(1), issued.clone())
        .await
        .unwrap();
    manager.start_session(&user(2), issued).await.unwrap();
    sleep(Duration::from_secs(54)).await;
    for n in 1..=2 {
        assert!(stored(&store, &user(n)).await.is_some());
    }
    sleep(Duration::from_secs(1)).await;
    for n in 1..=2 {
        assert_eq!(stored(&store, &user(n)).await, None);
    }
    let over = IssuedToken::new(opaque(7)).expires_in(Duration::ZERO);
    let refused = manager.set_jwt_token(&user(1), over).await;
    assert!(matches!(refused, Err(Error::Token(InvalidToken::Expired))));
}

#[tokio::test(start_paused = true)]
async fn short_opaque_tokens_cost_one_refresh_each() {
    let store = MemoryStore::new();
    let settings = StateManager::builder(store.clone());
    let manager: Manager = settings.build().unwrap();
    let issuer = Issuer::new(|n| IssuedToken::new(opaque(n)).expires_in(Duration::from_secs(2)));
    for _ in 0..200 {
        call(&manager, &issuer).await.unwrap();
        sleep(Duration::from_millis(100)).await;
    }
    // 20 s, of which each token serves 1.6 to 1.8.
    let issued = issuer.issued();
    assert!((11..=13).contains(&issued), "{issued} tokens");
}
