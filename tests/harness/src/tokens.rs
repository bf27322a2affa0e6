//! A host's API that issues tokens, accepts them, and fails as it is told; and what must be true
//! on every store.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::Instant;
use vimbiso_state::store::{ExpectedToken, StoredToken, TokenOutcome, TokenPut};
use vimbiso_state::token::{IssuedToken, SourceError, TokenRejected, TokenSource};
use vimbiso_state::{JwtToken, StateStore, UserId};

use crate::desk::Manager;

/// A token with these claims, as JSON.
pub fn jwt(claims: &str) -> JwtToken {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    JwtToken::new(format!(
        "{}.{}.{}",
        part(r#"{"alg":"HS256"}"#),
        part(claims),
        part("signature")
    ))
    .unwrap()
}

/// A token that expires so many seconds from now; the number makes it one of its own.
pub fn expiring(seconds: i64, number: u64) -> JwtToken {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    jwt(&format!(
        r#"{{"jti":{number},"exp":{}}}"#,
        now.saturating_add_signed(seconds)
    ))
}

/// Puts a token over any other, as another process may.
pub async fn put(store: &dyn StateStore, user: &UserId, token: &JwtToken) {
    put_text(store, user, token.expose()).await;
}

/// Puts any text as a token.
pub async fn put_text(store: &dyn StateStore, user: &UserId, text: &str) {
    let put = TokenPut {
        token: Some(&StoredToken::new(text)),
        expected: ExpectedToken::Any,
        ttl: Duration::from_secs(300),
        deadline: Instant::now() + Duration::from_secs(2),
    };
    let tokens = store.tokens().unwrap();
    assert_eq!(
        tokens.put_token(user, put).await.unwrap(),
        TokenOutcome::Stored
    );
}

/// The text of the stored token.
pub async fn stored(store: &dyn StateStore, user: &UserId) -> Option<String> {
    let deadline = Instant::now() + Duration::from_secs(2);
    let tokens = store.tokens().unwrap();
    let token = tokens.load_token(user, deadline).await.unwrap();
    token.map(|token| token.expose().to_owned())
}

/// A source that no call may reach.
#[derive(Debug)]
pub struct NoSource;

#[async_trait]
impl TokenSource for NoSource {
    async fn issue(&self, _: &UserId) -> Result<IssuedToken, SourceError> {
        panic!("the source was asked for a token")
    }
}

/// How the source behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// 401.
    Denies,
    /// 500.
    Fails,
    /// Issues a text that is not a token.
    Babbles,
    /// Issues a token that has expired.
    Outdated,
    /// Issues a token that the API rejects.
    Useless,
    Hangs,
    Panics,
}

#[derive(Debug)]
pub struct Api {
    mood: Mutex<Mood>,
    /// How long the source takes.
    pub takes: Duration,
    /// How long a token lives, in seconds.
    pub life: i64,
    taken: Mutex<HashSet<String>>,
    pub issued: AtomicU64,
    pub calls: AtomicU64,
    pub refused: AtomicU64,
}

impl Api {
    pub fn new() -> Arc<Self> {
        Self::slow(Duration::from_millis(20))
    }

    pub fn slow(takes: Duration) -> Arc<Self> {
        let mood = Mutex::new(Mood::Well);
        let taken = Mutex::default();
        Arc::new(Self {
            mood,
            takes,
            life: 3600,
            taken,
            issued: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    pub fn feel(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Accepts this token from now on.
    pub fn take(&self, token: &JwtToken) {
        self.taken.lock().unwrap().insert(token.expose().to_owned());
    }

    /// Rejects every token that was issued before.
    pub fn revoke(&self) {
        self.taken.lock().unwrap().clear();
    }

    pub fn issued(&self) -> u64 {
        self.issued.load(Ordering::SeqCst)
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// A call of the host's; returns the token that it was made with.
    pub async fn ask(&self, token: JwtToken) -> Result<String, AnyError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let known = self.taken.lock().unwrap().contains(token.expose());
        if !known
            || token
                .expires_at()
                .is_some_and(|exp| exp <= SystemTime::now())
        {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(TokenRejected.into());
        }
        Ok(token.expose().to_owned())
    }
}

#[async_trait]
impl TokenSource for Api {
    async fn issue(&self, _: &UserId) -> Result<IssuedToken, SourceError> {
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        let mood = *self.mood.lock().unwrap();
        let token = expiring(self.life, number);
        match mood {
            Mood::Well => {
                self.take(&token);
                Ok(token.into())
            }
            Mood::Useless => Ok(token.into()),
            Mood::Denies => Err(SourceError::denied("401")),
            Mood::Fails => Err(SourceError::unavailable("500")),
            Mood::Babbles => Ok(JwtToken::new("<html>Bad gateway</html>")?.into()),
            Mood::Outdated => Ok(expiring(-1, number).into()),
            Mood::Hangs => std::future::pending().await,
            Mood::Panics => panic!("the source has a bug"),
        }
    }
}

/// What a call of the host's fails with.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The host's own error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the API is down")]
pub struct Down;

/// Processes that share a store, each with its own connection: a thousand callers in each find an
/// expired token.
pub async fn thousand_callers_in_each_process_refresh_once(
    processes: Vec<Arc<dyn StateStore>>,
    user: UserId,
) {
    let api = Api::slow(Duration::from_millis(200));
    put(&*processes[0], &user, &expiring(-10, u64::MAX)).await;
    let mut callers = tokio::task::JoinSet::new();
    for store in &processes {
        let manager = Manager::new(Arc::clone(store));
        for _ in 0..1000 {
            let manager = manager.clone();
            let api = Arc::clone(&api);
            let user = user.clone();
            callers.spawn(async move {
                manager
                    .with_token(&user, &api, |token| api.ask(token))
                    .await
            });
        }
    }
    let tokens: HashSet<_> = callers
        .join_all()
        .await
        .into_iter()
        .map(|called| called.unwrap())
        .collect();
    assert_eq!(
        (api.issued(), tokens.len()),
        (1, 1),
        "one refresh, one token"
    );
    assert_eq!(
        api.calls(),
        1000 * processes.len() as u64,
        "and no call was refused"
    );
    assert_eq!(
        stored(&*processes[0], &user).await,
        tokens.into_iter().next()
    );
}

/// A process acquires the lease and dies: the others wait until the lease ends, and one takes over.
pub async fn lease_of_a_dead_process_is_taken_over(
    processes: Vec<Arc<dyn StateStore>>,
    user: UserId,
) {
    use vimbiso_state::store::{Lease, LeaseHolder};
    let api = Api::new();
    put(&*processes[0], &user, &expiring(-10, u64::MAX)).await;
    let lease = Duration::from_millis(600);
    let deadline = Instant::now() + Duration::from_secs(2);
    assert_eq!(
        processes[0]
            .tokens()
            .unwrap()
            .acquire_refresh_lease(&user, &LeaseHolder::random(), lease, deadline)
            .await
            .unwrap(),
        Lease::Acquired
    );
    let began = std::time::Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for store in &processes {
        let manager = Manager::new(Arc::clone(store));
        let api = Arc::clone(&api);
        let user = user.clone();
        callers.spawn(async move {
            manager
                .with_token(&user, &api, |token| api.ask(token))
                .await
        });
    }
    let tokens: HashSet<_> = callers
        .join_all()
        .await
        .into_iter()
        .map(|called| called.unwrap())
        .collect();
    assert_eq!((api.issued(), tokens.len()), (1, 1));
    let waited = began.elapsed();
    assert!(
        waited > Duration::from_millis(500) && waited < Duration::from_secs(3),
        "{waited:?}"
    );
}
