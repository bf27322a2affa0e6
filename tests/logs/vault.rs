//! With the vault on: no user id, token, data, reply or key in a log, an error, a `Debug` or a
//! panic, and no token or reply in what the store holds.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::desk::{Desk, Manager, SHORT, message};
use harness::log::Log;
use harness::tokens::{Api, Mood, expiring, put};
use tokio::time::{Instant, advance};
use vimbiso_state::store::{CommitStatus, ExpectedToken, StoredToken, TokenPut, TokenStore};
use vimbiso_state::token::CallError;
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::{
    CommitId, Error, JwtToken, MemoryStore, StateManager, StateStore, Step, Turn, UserId,
};

use crate::{MESSAGE, PHONE, SECRET, paused_runtime};

const REPLY: &str = "canary-reply-text";
const KEY: &[u8; 32] = b"canary-key-canary-key-canary-key";

/// All of [`crate::assert_clean`], the reply, and the beginning of every token.
fn assert_clean(what: &str, text: &str) {
    crate::assert_clean(what, text);
    for canary in [REPLY, "eyJ"] {
        assert!(!text.contains(canary), "{what} holds {canary}:\n{text}");
    }
}

fn key(id: &str) -> VaultKey {
    VaultKey::new(id, KEY).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(key("k2")).retire(key("k1")).unwrap()
}

type Shown = Vec<(&'static str, String)>;

fn show(shown: &mut Shown, what: &'static str, value: &impl Debug) {
    shown.push((what, format!("{value:?}")));
}

async fn ask(manager: &Manager, user: &UserId, api: &Arc<Api>) -> Result<(), CallError> {
    manager
        .with_token(user, api, |token| api.ask(token))
        .await
        .map(drop)
}

fn answer(turn: &mut Turn<Desk>) -> Result<Step<()>, Error> {
    turn.data_mut().name = Some(SECRET.into());
    turn.show(&SHORT);
    turn.remember_reply(REPLY)?;
    Ok(Step::Commit(()))
}

async fn use_everything(store: &MemoryStore, shown: &mut Shown) {
    let vault = Vault::new(store.clone(), ring());
    let manager = Manager::new(vault.clone());
    let user = UserId::new(PHONE).unwrap();
    let api = Api::new();
    ask(&manager, &user, &api).await.unwrap();
    for _ in 0..2 {
        let handled = manager.handle(&user, &message(MESSAGE), answer).await;
        show(shown, "Handled", &handled.unwrap());
    }
    api.revoke();
    ask(&manager, &user, &api).await.unwrap();
    refresh_in_every_mood(&manager, &user, &api, shown).await;
    panic_in_a_closure(&manager, &user, shown).await;
    read_what_does_not_open(&manager, store, &user, shown).await;
    show_what_is_stored(&manager, &vault, store, &user, shown).await;

    let odd = VaultKey::new("canary canary", KEY).unwrap_err();
    shown.push(("Vault", format!("{vault:?} {:?} {odd:?} {odd}", ring())));
    show(shown, "StateManager", &manager);
}

async fn refresh_in_every_mood(
    manager: &Manager,
    user: &UserId,
    api: &Arc<Api>,
    shown: &mut Shown,
) {
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
        advance(Duration::from_secs(2)).await;
        let asked = tokio::spawn({
            let manager = manager.clone();
            let user = user.clone();
            let api = Arc::clone(api);
            async move { ask(&manager, &user, &api).await }
        });
        match asked.await {
            Ok(result) => {
                let error = result.expect_err("the API takes no token now");
                shown.push(("CallError", format!("{error:?} {error}")));
            }
            Err(panic) => shown.push(("JoinError", format!("{panic:?} {panic}"))),
        }
    }
}

async fn panic_in_a_closure(manager: &Manager, user: &UserId, shown: &mut Shown) {
    let panicking = tokio::spawn({
        let manager = manager.clone();
        let user = user.clone();
        let panics = |turn: &mut Turn<Desk>| -> Result<Step<()>, Error> { panic!("{turn:?}") };
        async move { manager.handle(&user, &message("b"), panics).await }
    });
    show(shown, "panic", &panicking.await.map(drop).unwrap_err());
}

/// A token under another key, a token in plain text, and a text that is no token.
async fn read_what_does_not_open(
    manager: &Manager,
    store: &MemoryStore,
    user: &UserId,
    shown: &mut Shown,
) {
    let other = Vault::new(store.clone(), KeyRing::new(key("k9")));
    put(&other, user, &expiring(900, 1)).await;
    show(shown, "CachedUser", &manager.load(user).await.unwrap());
    put(store, user, &expiring(900, 1)).await;
    show(shown, "CachedUser", &manager.load(user).await.unwrap());

    let text = StoredToken::new(SECRET);
    let put = TokenPut {
        token: Some(&text),
        expected: ExpectedToken::Any,
        ttl: Duration::from_secs(300),
        deadline: Instant::now() + Duration::from_secs(1),
    };
    show(shown, "TokenPut", &put);
    let _stored = store.put_token(user, put).await.unwrap();
    show(shown, "CachedUser", &manager.load(user).await.unwrap());
}

/// What the vault gives back, and all that a dump of the store would show of tokens and replies.
async fn show_what_is_stored(
    manager: &Manager,
    vault: &Vault<MemoryStore>,
    store: &MemoryStore,
    user: &UserId,
    shown: &mut Shown,
) {
    let token = expiring(900, 2);
    manager.start_session(user, &token).await.unwrap();
    let handled = manager.handle(user, &message(MESSAGE), answer).await;
    show(shown, "Handled", &handled.unwrap());
    let id = CommitId::of(user, &message(MESSAGE));
    let deadline = Instant::now() + Duration::from_secs(1);

    let loaded = vault.load(user, Some(&id), deadline).await.unwrap();
    match &loaded.commit_status {
        Some(CommitStatus::Applied {
            reply: Some(reply), ..
        }) => assert_eq!(**reply, *format!("{REPLY:?}").as_bytes()),
        other => panic!("{other:?}"),
    }
    show(shown, "Loaded", &loaded);
    let tokens = vault.tokens().unwrap();
    let opened = tokens.load_token(user, deadline).await.unwrap().unwrap();
    assert_eq!(opened.expose(), token.expose());
    show(shown, "StoredToken", &opened);

    let raw = store.load(user, Some(&id), deadline).await.unwrap();
    match raw.commit_status {
        Some(CommitStatus::Applied {
            reply: Some(reply), ..
        }) => {
            let reply = String::from_utf8(reply.into()).unwrap();
            shown.push(("the reply in the store", reply));
        }
        other => panic!("{other:?}"),
    }
    let raw = store.load_token(user, deadline).await.unwrap().unwrap();
    shown.push(("the token in the store", raw.expose().to_owned()));
}

#[test]
fn canary_never_comes_out_of_the_vault() {
    let log = Log::default();
    let panics = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&panics);
    std::panic::set_hook(Box::new(move |panic| {
        heard.lock().unwrap().push_str(&panic.to_string());
    }));
    let mut shown = Shown::new();
    log.capture(|| paused_runtime().block_on(use_everything(&MemoryStore::new(), &mut shown)));
    let _ = std::panic::take_hook();
    for (what, text) in &shown {
        assert_clean(what, text);
    }
    let vault = shown.iter().find(|(what, _)| *what == "Vault");
    let (_, vault) = vault.unwrap();
    for id in [r#""k1""#, r#""k2""#] {
        assert!(vault.contains(id), "a key shows its id: {vault}");
    }
    let panics = panics.lock().unwrap().clone();
    assert_clean("a panic", &panics);
    assert!(panics.contains("the source has a bug"), "{panics}");

    let log = log.text();
    assert_clean("the log", &log);
    for line in [
        "Token refreshed",
        "Refreshing token",
        "Token not refreshed",
        "Ignoring a text that does not open",
        "UserId(263…77)",
        "not an envelope",
        "a key that is not on the key ring",
    ] {
        assert!(log.contains(line), "no {line:?} in the log:\n{log}");
    }
}

#[test]
fn vault_types_are_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Vault<MemoryStore>>();
    shared::<Vault<Arc<dyn StateStore>>>();
    shared::<KeyRing>();
    shared::<StateManager<Desk>>();
    shared::<CallError>();
    shared::<JwtToken>();
}
