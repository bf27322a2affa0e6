//! A call gets a valid token, and a refresh happens once for all callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::desk::{Desk, Manager, Stage, apply, message, user};
use harness::hooked::Call;
use harness::hooks::Meddler;
use harness::tokens::{self, AnyError, Api, Down, Mood, expiring, jwt, put, stored};
use vimbiso_state::store::{LeaseHolder, TokenStore};
use vimbiso_state::token::{CallError, TokenError, TokenSource};
use vimbiso_state::{JwtToken, MemoryStore, StateStore, Step, Turn, UserId};

async fn call(manager: &Manager, user: &UserId, api: &Arc<Api>) -> Result<String, CallError> {
    manager.with_token(user, api, |token| api.ask(token)).await
}

fn start() -> (MemoryStore, Manager, Arc<Api>) {
    let store = MemoryStore::new();
    (store.clone(), Manager::new(store), Api::new())
}

#[tokio::test(start_paused = true)]
async fn valid_token_is_used_as_it_is() {
    let (_, manager, api) = start();
    let token = expiring(3600, 7);
    api.take(&token);
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    assert_eq!(
        call(&manager, &user(1), &api).await.unwrap(),
        token.expose()
    );
    assert_eq!((api.calls(), api.issued()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn missing_or_expired_token_is_issued_before_the_call() {
    for before in [None, Some(expiring(-1, 7)), Some(expiring(0, 7))] {
        let (store, manager, api) = start();
        if let Some(token) = &before {
            api.take(token);
            put(&store, &user(1), token).await;
        }
        let used = call(&manager, &user(1), &api).await.unwrap();
        assert_eq!((api.calls(), api.issued()), (1, 1), "{before:?}");
        assert_eq!(stored(&store, &user(1)).await, Some(used));
    }
}

#[tokio::test(start_paused = true)]
async fn rejected_token_is_refreshed_and_call_repeated() {
    let (store, manager, api) = start();
    let first = call(&manager, &user(1), &api).await.unwrap();
    api.revoke();
    let second = call(&manager, &user(1), &api).await.unwrap();
    assert_ne!(first, second);
    assert_eq!((api.calls(), api.issued()), (3, 2));
    assert_eq!(stored(&store, &user(1)).await, Some(second));
}

#[tokio::test(start_paused = true)]
async fn second_rejection_is_returned() {
    let (_, manager, api) = start();
    api.feel(Mood::Useless);
    assert!(matches!(
        call(&manager, &user(1), &api).await,
        Err(CallError::TokenRejected)
    ));
    assert_eq!((api.calls(), api.issued()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn host_error_passes_through_without_a_refresh() {
    let (_, manager, api) = start();
    let calls = AtomicU64::new(0);
    let failed: Result<(), CallError> = manager
        .with_token(&user(1), &api, |_| async {
            calls.fetch_add(1, Ordering::SeqCst);
            Err(Down)?
        })
        .await;
    assert_eq!(failed.unwrap_err().into_host::<Down>().unwrap(), Down);
    assert_eq!((calls.into_inner(), api.issued()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn token_expiring_before_the_call_is_refreshed() {
    let (_, manager, api) = start();
    let made = AtomicU64::new(0);
    let used = manager
        .with_token(&user(1), &api, |token| {
            if made.fetch_add(1, Ordering::SeqCst) == 0 {
                api.revoke(); // it expires during the request
            }
            api.ask(token)
        })
        .await;
    used.unwrap();
    assert_eq!((api.calls(), api.issued()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_callers_in_two_processes_refresh_once() {
    let store = Arc::new(MemoryStore::new());
    tokens::thousand_callers_in_each_process_refresh_once(vec![store.clone(), store], user(1))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lease_of_a_dead_process_is_taken_over() {
    let store = Arc::new(MemoryStore::new());
    tokens::lease_of_a_dead_process_is_taken_over(vec![store.clone(), store], user(1)).await;
}

#[test]
fn lease_of_an_ended_runtime_is_taken_over() {
    let store = MemoryStore::new();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let dying = runtime();
    let manager = Manager::new(store.clone());
    let api = Api::slow(Duration::from_secs(60));
    dying.block_on(async {
        let asked =
            tokio::time::timeout(Duration::from_millis(50), call(&manager, &user(1), &api)).await;
        assert!(asked.is_err());
    });
    drop(dying);
    assert_eq!(api.issued(), 1, "the source was asked");
    let settings =
        harness::desk::Manager::builder(store).source_timeout(Duration::from_millis(500));
    let manager = settings.build().unwrap();
    let api = Api::new();
    // The lease of the ended runtime is 3 s for the source and twice 2 s for the store.
    runtime().block_on(async {
        let began = std::time::Instant::now();
        let called = loop {
            match call(&manager, &user(1), &api).await {
                Err(CallError::NoToken(TokenError::Contended { .. })) => {}
                called => break called,
            }
        };
        called.unwrap();
        assert!(
            began.elapsed() < Duration::from_secs(9),
            "{:?}",
            began.elapsed()
        );
    });
}

#[tokio::test(start_paused = true)]
async fn caller_who_stops_waiting_does_not_stop_the_others() {
    let (_, manager, api) = start();
    let stops = Duration::from_millis(5);
    let stopped = tokio::time::timeout(stops, call(&manager, &user(1), &api)).await;
    assert!(stopped.is_err());
    call(&manager, &user(1), &api).await.unwrap();
    assert_eq!(api.issued(), 1);
}

#[tokio::test(start_paused = true)]
async fn late_refresh_keeps_a_newer_token() {
    for before in [None, Some(expiring(-1, 7))] {
        let (store, manager, api) = start();
        if let Some(token) = &before {
            put(&store, &user(1), token).await;
        }
        let newer = expiring(3600, 8);
        api.take(&newer);
        let another = async {
            tokio::time::sleep(Duration::from_millis(10)).await; // the source takes 20
            put(&store, &user(1), &newer).await;
        };
        let id = user(1);
        let (used, ()) = tokio::join!(call(&manager, &id, &api), another);
        assert_eq!((used.unwrap().as_str(), api.issued()), (newer.expose(), 1));
        assert_eq!(
            stored(&store, &user(1)).await.as_deref(),
            Some(newer.expose())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn logout_or_delete_during_a_refresh_is_final() {
    // In this process or in another, with a token that the API rejects or with none.
    for (here, token) in [
        (true, Some(expiring(3600, 7))),
        (false, Some(expiring(3600, 7))),
        (true, None),
    ] {
        let (store, manager, api) = start();
        if let Some(token) = &token {
            put(&store, &user(1), token).await;
        }
        let other = if here {
            manager.clone()
        } else {
            Manager::new(store.clone())
        };
        let id = user(1);
        let delete = token.is_none();
        let logout = async {
            tokio::time::sleep(Duration::from_millis(10)).await; // the source takes 20
            if delete {
                other.delete(&id).await.unwrap()
            } else {
                other.clear_jwt_token(&id).await.unwrap()
            }
        };
        let (used, ()) = tokio::join!(call(&manager, &id, &api), logout);
        used.unwrap();
        assert_eq!(stored(&store, &id).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn token_near_its_end_is_replaced_in_background() {
    let (store, manager, api) = start();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    // Issued 280 s ago, the second one was stored then: its 300 s in the store are nearly over.
    for (iat, exp, replaced) in [
        (now - 270, now + 30, true),
        (now - 280, now + 720, true),
        (now - 100, now + 900, false),
    ] {
        let old = jwt(&format!(r#"{{"iat":{iat},"exp":{exp}}}"#));
        api.take(&old);
        put(&store, &user(1), &old).await;
        let before = api.issued();
        for _ in 0..100 {
            assert_eq!(call(&manager, &user(1), &api).await.unwrap(), old.expose());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(
            api.issued() - before,
            u64::from(replaced),
            "once, in the background"
        );
        assert_eq!(
            call(&manager, &user(1), &api).await.unwrap() != old.expose(),
            replaced
        );
    }
    assert_eq!(api.refused.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn stored_token_costs_a_round_trip_loaded_none() {
    let trips = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&trips);
    let counting = Meddler::before_any(MemoryStore::new(), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let manager = Manager::new(counting);
    let api = Api::new();
    let token = expiring(3600, 7);
    api.take(&token);
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    let trips = || trips.swap(0, Ordering::SeqCst);
    trips();
    // The first call looks at the session too; the others within the TTL do not.
    for expected in [2, 1, 1] {
        call(&manager, &user(1), &api).await.unwrap();
        assert_eq!(trips(), expected);
    }
    let loaded = manager.load(&user(1)).await.unwrap();
    trips();
    manager
        .with_token_of(&loaded, &api, |token| api.ask(token))
        .await
        .unwrap();
    assert_eq!(trips(), 0);
    api.revoke();
    manager
        .with_token_of(&loaded, &api, |token| api.ask(token))
        .await
        .unwrap();
    // Acquire the lease, load, put, release.
    assert_eq!((trips(), api.issued()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn late_loaded_token_starts_a_refresh_each_second() {
    let trips = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&trips);
    let counting = Meddler::before_any(MemoryStore::new(), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let manager = Manager::new(counting);
    let api = Api::new();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let late = jwt(&format!(r#"{{"iat":{},"exp":{}}}"#, now - 270, now + 30));
    api.take(&late);
    manager.set_jwt_token(&user(1), &late).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let loaded = manager.load(&user(1)).await.unwrap();
    // First to look at the session, acquire, load, put and release; then to acquire, load and
    // release.
    for expected in [5, 3] {
        trips.store(0, Ordering::SeqCst);
        for _ in 0..10 {
            let used = manager
                .with_token_of(&loaded, &api, |token| api.ask(token))
                .await
                .unwrap();
            assert_eq!(used, late.expose());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!((trips.load(Ordering::SeqCst), api.issued()), (expected, 1));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_callers_make_no_store_calls_of_their_own() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let counting = Meddler::before_any(MemoryStore::new(), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let manager = Manager::new(counting);
    let api = Api::new();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let manager = manager.clone();
        let api = Arc::clone(&api);
        callers.spawn(async move { call(&manager, &user(1), &api).await.unwrap() });
    }
    callers.join_all().await;
    assert_eq!(api.issued(), 1);
    // Each caller reads the token once; the refresh looks at the session, acquires, loads, puts and
    // releases.
    assert_eq!(calls.load(Ordering::SeqCst), 100 + 5);
}

#[tokio::test(start_paused = true)]
async fn logout_during_a_refresh_leaves_no_put_to_make() {
    let puts = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&puts);
    let counting = Meddler::before_any(MemoryStore::new(), move |call| {
        counted.fetch_add(u64::from(call == Call::PutToken), Ordering::SeqCst);
    });
    let manager = Manager::new(counting);
    let api = Api::new();
    let id = user(1);
    let logout = async {
        tokio::time::sleep(Duration::from_millis(10)).await; // the source takes 20
        manager.clear_jwt_token(&id).await.unwrap();
    };
    let (used, ()) = tokio::join!(call(&manager, &id, &api), logout);
    used.unwrap();
    assert_eq!(
        puts.load(Ordering::SeqCst),
        1,
        "the put of the logout alone"
    );
}

#[tokio::test(start_paused = true)]
async fn refresh_of_others_is_awaited_until_the_limit() {
    let (store, manager, api) = start();
    let hour = Duration::from_secs(3600);
    let now = tokio::time::Instant::now();
    let other = LeaseHolder::random();
    let _ = store
        .acquire_refresh_lease(&user(1), &other, hour, now)
        .await
        .unwrap();
    let Err(CallError::NoToken(TokenError::Contended { waited })) =
        call(&manager, &user(1), &api).await
    else {
        panic!()
    };
    assert!((14_000..14_010).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn refresh_changes_neither_session_nor_its_expiry() {
    let (_, manager, api) = start();
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let version = manager.load(&user(1)).await.unwrap().version();
    tokio::time::advance(Duration::from_secs(200)).await;
    call(&manager, &user(1), &api).await.unwrap();
    assert_eq!(manager.load(&user(1)).await.unwrap().version(), version);
    tokio::time::advance(Duration::from_secs(101)).await;
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        (found.status().name(), found.jwt_token().is_some()),
        ("expired", true)
    );
}

#[tokio::test(start_paused = true)]
async fn reset_keeps_the_token_and_delete_removes_it() {
    let (store, manager, api) = start();
    let used = call(&manager, &user(1), &api).await.unwrap();
    let begins = |turn: &mut Turn<Desk>| Ok(turn.transition_to(Stage::Weigh, None)?);
    let begun = manager.update_state(&user(1), "test", begins).await;
    assert!(begun.is_ok());
    let reset = manager.reset_state(&user(1)).await.unwrap();
    assert_eq!(reset.version().unwrap().revision, 2);
    assert_eq!(stored(&store, &user(1)).await, Some(used));
    for n in 0..2 {
        tokio::time::advance(Duration::from_secs(140)).await;
        let _ = manager
            .handle(&user(1), &message(n.to_string()), |_| Ok(Step::Commit(())))
            .await
            .unwrap();
    }
    assert!(stored(&store, &user(1)).await.is_some());
    tokio::time::advance(Duration::from_secs(21)).await;
    assert_eq!(
        stored(&store, &user(1)).await,
        None,
        "301 s after it was stored"
    );
    call(&manager, &user(1), &api).await.unwrap();
    manager.delete(&user(1)).await.unwrap();
    assert_eq!(stored(&store, &user(1)).await, None);
}

#[test]
fn future_is_send_for_any_source_and_any_call() {
    fn sent<T: Send>(_: T) {}
    async fn borrowed(api: &Api, token: &JwtToken) -> Result<String, AnyError> {
        api.ask(token.clone()).await
    }
    let (_, manager, api) = start();
    let id = user(1);
    let name = String::from("a local of the caller");
    let api_ = &*api;
    let name_ = &name;
    sent(manager.with_token(&id, &api, |token| api.ask(token)));
    sent(manager.with_token(&id, &api, |token| async move {
        borrowed(api_, &token).await.map(|used| used + name_)
    }));
    sent(manager.with_token(&id, &api, async |token| {
        borrowed(&api, &token).await.map(|used| used + &name)
    }));
    let any: Arc<dyn TokenSource> = api.clone();
    sent(manager.with_token(&id, &any, |token| api.ask(token)));
    let store: Arc<dyn StateStore> = Arc::new(MemoryStore::new());
    let manager = Manager::new(store);
    sent(async move {
        manager
            .with_token(&id, &any, |token| api.ask(token))
            .await
            .map(drop)
    });
}
