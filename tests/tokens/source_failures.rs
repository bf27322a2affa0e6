//! The token source is slow, down, or issues nonsense: one typed error for all callers in bounded
//! time, and the old token stays.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Desk, Manager, State, message, user};
use harness::tokens::{Api, Mood, expiring, jwt, put, stored};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance};
use vimbiso_state::Step;
use vimbiso_state::id::InvalidToken;
use vimbiso_state::token::{CallError, SourceError, TokenError};
use vimbiso_state::{Error, MemoryStore, StateManager};

type Called = Result<String, CallError>;

async fn call(manager: &Manager, api: &Arc<Api>) -> Called {
    manager
        .with_token(&user(1), api, |token| api.ask(token))
        .await
}

fn why(called: Called) -> String {
    match called {
        Err(CallError::NoToken(TokenError::Source(error))) => match &*error {
            SourceError::Denied(why) => format!("denied: {why}"),
            SourceError::Unavailable(why) => format!("unavailable: {why}"),
            SourceError::TimedOut { after } => format!("nothing within {after:?}"),
            SourceError::Invalid(InvalidToken::Expired) => "expired".into(),
            SourceError::Invalid(InvalidToken::Character { .. }) => "not visible ASCII".into(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

const FAILURES: [(Mood, &str); 5] = [
    (Mood::Denies, "denied: 401"),
    (Mood::Fails, "unavailable: 500"),
    (Mood::Babbles, "not visible ASCII"),
    (Mood::Outdated, "expired"),
    (Mood::Hangs, "nothing within 3s"),
];

#[tokio::test(start_paused = true)]
async fn failure_is_typed_and_keeps_token_and_session() {
    for (mood, expected) in FAILURES {
        let store = MemoryStore::new();
        let api = Api::new();
        let manager = Manager::new(store.clone());
        let registered = |turn: &mut vimbiso_state::Turn<Desk>| {
            *turn.data_mut() = State {
                name: Some("Tariro".into()),
                ..State::default()
            };
            Ok(Step::Commit(()))
        };
        let _ = manager
            .handle(&user(1), &message("a"), registered)
            .await
            .unwrap();
        let old = expiring(3600, 7);
        put(&store, &user(1), &old).await;
        api.feel(mood);
        let began = Instant::now();
        assert_eq!(why(call(&manager, &api).await), expected);
        assert!(
            began.elapsed() <= Duration::from_millis(3100),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(
            stored(&store, &user(1)).await.as_deref(),
            Some(old.expose())
        );
        assert!(
            manager
                .load(&user(1))
                .await
                .unwrap()
                .registration_complete(),
            "still registered"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn thousand_callers_get_the_error_of_one_refresh() {
    for (mood, expected) in FAILURES {
        let manager = Manager::new(MemoryStore::new());
        let api = Api::new();
        api.feel(mood);
        let mut callers = JoinSet::new();
        for _ in 0..1000 {
            let manager = manager.clone();
            let api = Arc::clone(&api);
            callers.spawn(async move { call(&manager, &api).await });
        }
        let began = Instant::now();
        while let Some(called) = callers.join_next().await {
            assert_eq!(why(called.unwrap()), expected);
        }
        assert_eq!((api.issued(), api.calls()), (1, 0), "{mood:?}");
        assert!(began.elapsed() < Duration::from_secs(4));
    }
}

#[tokio::test(start_paused = true)]
async fn failed_refresh_waits_a_second_in_every_process() {
    let store = MemoryStore::new();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let api = Api::new();
    api.feel(Mood::Fails);
    assert_eq!(why(call(&ours, &api).await), "unavailable: 500");
    advance(Duration::from_millis(900)).await;
    assert_eq!(why(call(&ours, &api).await), "unavailable: 500");
    assert_eq!(api.issued(), 1);
    api.feel(Mood::Well);
    let began = Instant::now();
    call(&other, &api).await.unwrap();
    assert!(
        began.elapsed() >= Duration::from_millis(80),
        "it must wait for the rest of the second"
    );
    call(&ours, &api).await.unwrap();
    assert_eq!(api.issued(), 2);
}

#[tokio::test(start_paused = true)]
async fn token_set_after_a_failure_is_used_at_once() {
    let manager = Manager::new(MemoryStore::new());
    let api = Api::new();
    api.feel(Mood::Fails);
    why(call(&manager, &api).await);
    let token = expiring(3600, 7);
    api.take(&token);
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    assert_eq!(call(&manager, &api).await.unwrap(), token.expose());
}

#[tokio::test(start_paused = true)]
async fn source_is_asked_at_once_after_a_logout() {
    let manager = Manager::new(MemoryStore::new());
    let api = Api::new();
    api.feel(Mood::Fails);
    why(call(&manager, &api).await);
    api.feel(Mood::Well);
    manager.clear_jwt_token(&user(1)).await.unwrap();
    call(&manager, &api).await.unwrap();
    assert_eq!(api.issued(), 2);
}

#[tokio::test(start_paused = true)]
async fn failed_early_refresh_is_silent_and_tried_again() {
    let store = MemoryStore::new();
    let api = Api::new();
    let manager = Manager::new(store.clone());
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let old = jwt(&format!(r#"{{"iat":{},"exp":{}}}"#, now - 270, now + 30));
    api.take(&old);
    put(&store, &user(1), &old).await;
    api.feel(Mood::Fails);
    for _ in 0..50 {
        assert_eq!(call(&manager, &api).await.unwrap(), old.expose());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(api.issued(), 1);
    api.feel(Mood::Well);
    advance(Duration::from_secs(1)).await;
    call(&manager, &api).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_ne!(call(&manager, &api).await.unwrap(), old.expose());
}

#[tokio::test(start_paused = true)]
async fn slow_source_is_awaited_until_its_timeout() {
    let manager = Manager::new(MemoryStore::new());
    let api = Api::slow(Duration::from_millis(2900));
    call(&manager, &api).await.unwrap();
    let settings =
        StateManager::<Desk>::builder(MemoryStore::new()).source_timeout(Duration::from_secs(1));
    let manager = settings.build().unwrap();
    let api = Api::slow(Duration::from_millis(1100));
    assert_eq!(why(call(&manager, &api).await), "nothing within 1s");
}

#[tokio::test(start_paused = true)]
async fn source_panic_reaches_its_caller_alone() {
    let manager = Manager::new(MemoryStore::new());
    let api = Api::new();
    api.feel(Mood::Panics);
    let panicked = tokio::spawn({
        let manager = manager.clone();
        let api = Arc::clone(&api);
        async move { call(&manager, &api).await }
    });
    assert!(panicked.await.unwrap_err().is_panic());
    api.feel(Mood::Well);
    let began = Instant::now();
    call(&manager, &api).await.unwrap();
    assert!(
        began.elapsed() < Duration::from_millis(100),
        "the lease of this process is its own"
    );
}

#[test]
fn source_timeout_outside_its_limits_is_refused() {
    for (timeout, fine) in [(0, false), (1, true), (60_000, true), (60_001, false)] {
        let settings = StateManager::<Desk>::builder(MemoryStore::new())
            .source_timeout(Duration::from_millis(timeout));
        match settings.build() {
            Ok(_) => assert!(fine, "{timeout}"),
            Err(Error::Setting { what, .. }) => assert!(!fine && what == "source_timeout"),
            Err(other) => panic!("{other}"),
        }
    }
}
