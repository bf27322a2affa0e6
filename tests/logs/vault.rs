//! With the vault on: no user id, token, state, reply or key in a log, an error, a `Debug` or a panic, and no token or reply in
//! what the store holds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::desk::{Desk, Manager, SHORT, message};
use harness::log::Log;
use harness::tokens::{Api, Down, Mood, expiring, put};
use tokio::time::Instant;
use vimbiso_state::Step;
use vimbiso_state::store::{ExpectedToken, StoredToken, TokenPut};
use vimbiso_state::token::CallError;
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::{CommitId, JwtToken, MemoryStore, StateManager, StateStore, UserId};

const PHONE: &str = "263779998877";
const SECRET: &str = "canary-state-text";
const REPLY: &str = "canary-reply-text";
const MESSAGE: &str = "wamid.canary-message";
const KEY: &[u8; 32] = b"canary-key-canary-key-canary-key";

/// All that may never be seen, and the middle of every token.
fn assert_clean(what: &str, text: &str) {
    for canary in [
        PHONE,
        SECRET,
        REPLY,
        MESSAGE,
        "canary",
        "eyJ",
        "99, 97, 110, 97, 114, 121",
    ] {
        assert!(!text.contains(canary), "{what} holds {canary}:\n{text}");
    }
}

fn ring() -> KeyRing {
    KeyRing::new(VaultKey::new("k2", KEY).unwrap())
        .retire(VaultKey::new("k1", KEY).unwrap())
        .unwrap()
}

async fn ask(manager: &Manager, user: &UserId, api: &Arc<Api>) -> Result<(), CallError<Down>> {
    manager
        .with_token(user, api, |token| api.ask(token))
        .await
        .map(drop)
}

async fn live_through_everything(store: &MemoryStore, seen: &mut Vec<(&'static str, String)>) {
    let vault = Vault::new(store.clone(), ring());
    let manager = Manager::new(vault.clone());
    let (user, api) = (UserId::new(PHONE).unwrap(), Api::new());
    ask(&manager, &user, &api).await.unwrap();
    let answer = |turn: &mut vimbiso_state::Turn<Desk>| {
        turn.data_mut().name = Some(SECRET.into());
        turn.show(&SHORT);
        turn.remember_reply(REPLY)
    };
    for _ in 0..2 {
        let handled = manager
            .handle(&user, &message(MESSAGE), answer)
            .await
            .unwrap();
        seen.push(("Handled", format!("{handled:?}")));
    }
    api.revoke();
    ask(&manager, &user, &api).await.unwrap();
    for mood in [
        Mood::Denies,
        Mood::Fails,
        Mood::Babbles,
        Mood::Outdated,
        Mood::Useless,
        Mood::Hangs,
        Mood::Panics,
    ] {
        api.revoke();
        api.feel(mood);
        tokio::time::advance(Duration::from_secs(2)).await;
        let (manager, user, api) = (manager.clone(), user.clone(), Arc::clone(&api));
        let asked = tokio::spawn(async move { ask(&manager, &user, &api).await }).await;
        seen.push((
            "CallError",
            format!(
                "{asked:?} {}",
                asked
                    .as_ref()
                    .map_or_else(ToString::to_string, |_| String::new())
            ),
        ));
        if let Ok(Err(error)) = asked {
            seen.push(("CallError", error.to_string()));
        }
    }
    let closure = tokio::spawn({
        let (manager, user) = (manager.clone(), user.clone());
        async move {
            manager
                .handle(&user, &message("b"), |turn| -> Result<(), _> {
                    panic!("{turn:?}")
                })
                .await
        }
    });
    seen.push(("a panic", format!("{:?}", closure.await)));
    // What does not open: another key, plain text, a text that is none.
    put(
        &Vault::new(
            store.clone(),
            KeyRing::new(VaultKey::new("k9", KEY).unwrap()),
        ),
        &user,
        &expiring(900, 1),
    )
    .await;
    seen.push((
        "CachedUser",
        format!("{:?}", manager.load(&user).await.unwrap()),
    ));
    put(store, &user, &expiring(900, 1)).await;
    seen.push((
        "CachedUser",
        format!("{:?}", manager.load(&user).await.unwrap()),
    ));
    let (stored, deadline) = (
        StoredToken::new(SECRET),
        Instant::now() + Duration::from_secs(1),
    );
    let ttl = Duration::from_secs(300);
    let put = TokenPut {
        token: Some(&stored),
        expected: ExpectedToken::Any,
        ttl,
        release: None,
        deadline,
    };
    seen.push(("TokenPut", format!("{put:?}")));
    let _stored = store.put_token(&user, put).await.unwrap();
    seen.push((
        "Loaded",
        format!("{:?}", vault.load(&user, None, deadline).await.unwrap()),
    ));
    manager
        .start_session(&user, &expiring(900, 2))
        .await
        .unwrap();
    let _ = manager
        .handle(&user, &message(MESSAGE), answer)
        .await
        .unwrap();
    let id = CommitId::of(&user, &message(MESSAGE));
    let loaded = vault.load(&user, Some(&id), deadline).await.unwrap();
    seen.push((
        "Loaded",
        format!(
            "{loaded:?} {:?}",
            loaded.token.as_ref().map(StoredToken::sealed)
        ),
    ));
    let odd = VaultKey::new("canary canary", KEY).unwrap_err();
    seen.push(("Vault", format!("{vault:?} {:?} {odd:?} {odd}", ring())));
    seen.push(("StateManager", format!("{manager:?}")));
    // All that a dump of the store would show of tokens and replies.
    let raw = store.load(&user, Some(&id), deadline).await.unwrap();
    let Some(vimbiso_state::store::CommitStatus::Applied {
        reply: Some(reply), ..
    }) = raw.done
    else {
        panic!("{:?}", raw.done)
    };
    seen.push((
        "the store's reply",
        String::from_utf8(reply.into()).unwrap(),
    ));
    seen.push(("the store's token", raw.token.unwrap().expose().to_owned()));
}

#[test]
fn a_canary_never_comes_out() {
    let (log, panics) = (Log::default(), Arc::new(Mutex::new(String::new())));
    let heard = Arc::clone(&panics);
    std::panic::set_hook(Box::new(move |panic| {
        heard.lock().unwrap().push_str(&panic.to_string())
    }));
    let mut seen = Vec::new();
    log.capture(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(live_through_everything(&MemoryStore::new(), &mut seen));
    });
    let _ = std::panic::take_hook();
    for (what, text) in &seen {
        assert_clean(what, text);
    }
    let vault = seen
        .iter()
        .find(|(what, _)| *what == "Vault")
        .map(|(_, text)| text.as_str())
        .unwrap();
    assert!(
        vault.contains(r#""k1""#) && vault.contains(r#""k2""#),
        "a key shows its id: {vault}"
    );
    let (log, panics) = (log.text(), panics.lock().unwrap().clone());
    assert_clean("the log", &log);
    assert_clean("a panic", &panics);
    assert!(panics.contains("the source has a bug"), "{panics}");
    for line in [
        "Token refreshed",
        "Refreshing token",
        "Token not refreshed",
        "Ignoring what does not open",
        "UserId(263…77)",
    ] {
        assert!(
            log.contains(line),
            "the log says nothing of {line:?}:\n{log}"
        );
    }
    for why in [
        "not in the form of an envelope",
        "its key is not on the ring",
    ] {
        assert!(log.contains(why), "{why}");
    }
}

#[test]
fn the_types_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Vault<MemoryStore>>();
    shared::<Vault<Arc<dyn StateStore>>>();
    shared::<KeyRing>();
    shared::<StateManager<Desk>>();
    shared::<CallError<Down>>();
    shared::<JwtToken>();
}
