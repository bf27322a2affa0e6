//! What is logged, shown by `Debug` or said in an error never holds a user id, a message, a state or a token.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::log::Log;
use support::{Choice, Desk, Manager, SHORT, Stage, message};
use vimbiso_state::store::{Claim, ExpectedToken, Owner, StoredToken, TokenPut};
use vimbiso_state::{CachedUser, Change, Error, JwtToken, MemoryStore, StateManager, StateStore, StateUpdate, Turn, UserId};

const PHONE: &str = "263779998877";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln";
const SECRET: &str = "canary-state-text";
const MESSAGE: &str = "wamid.canary-message";

fn assert_clean(what: &str, text: &str) {
    for canary in [PHONE, TOKEN, SECRET, MESSAGE, "canary"] {
        assert!(!text.contains(canary), "{what} holds {canary}:\n{text}");
    }
}

async fn live_through_everything(seen: &mut Vec<(&'static str, String)>) {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let user = UserId::new(PHONE).unwrap();
    let token = JwtToken::new(TOKEN).unwrap();
    manager.set_jwt_token(&user, &token).await.unwrap();
    let handled = manager
        .turn(&user, &message(MESSAGE), |turn| {
            turn.state_mut().name = Some(SECRET.into());
            turn.show(&SHORT);
            turn.choose(Choice::Weigh)?;
            turn.update_from("a_handler");
            turn.remember_reply(SECRET)?;
            Ok(format!("{turn:?}").len())
        })
        .await
        .unwrap();
    seen.push(("Handled", format!("{handled:?}")));
    let duplicate = manager.turn(&user, &message(MESSAGE), |_| Ok(0)).await.unwrap();
    seen.push(("Duplicate", format!("{duplicate:?}")));
    let read = manager.user(&user).await.unwrap();
    seen.push(("CachedUser", format!("{read:?}")));
    assert_eq!(read.jwt_token(), Some(&token));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
    seen.push(("Loaded", format!("{:?}", store.load(&user, None, deadline).await.unwrap())));
    let stored = StoredToken::new(TOKEN);
    let put =
        TokenPut { token: Some(&stored), expected: ExpectedToken::Absent, ttl: Duration::from_secs(1), release: None, deadline };
    seen.push(("TokenPut", format!("{put:?}")));
    seen.push(("TokenOutcome", format!("{:?}", store.put_token(&user, put).await.unwrap())));
    assert_eq!(store.claim_refresh(&user, &Owner::random(), Duration::from_secs(1), deadline).await.unwrap(), Claim::Won);
    for (what, error) in [
        ("Refused", manager.turn(&user, &message("b"), |turn| Ok(turn.go(Stage::Weigh, None)?)).await.map(drop)),
        (
            "NotOnMenu",
            manager.turn(&user, &message("c"), |turn| turn.pick(SECRET).map(drop).map_err(Error::from)).await.map(drop),
        ),
        (
            "Token",
            manager
                .turn(&user, &message("d"), |turn| {
                    turn.state_mut().name = Some(TOKEN.into());
                    Ok(())
                })
                .await
                .map(drop),
        ),
        ("Stale", manager.turn(&user, &message(MESSAGE).sent_at(std::time::UNIX_EPOCH), |_| Ok(())).await.map(drop)),
        ("UserId", UserId::new(format!("{PHONE}_canary")).map(drop).map_err(Error::from)),
        ("JwtToken", JwtToken::new(format!("{TOKEN} ")).map(drop).map_err(Error::from)),
    ] {
        seen.push((what, format!("{error:?} {}", error.as_ref().map_or_else(ToString::to_string, |()| String::new()))));
    }
    let update = StateUpdate::<Desk>::new("a_handler").option(Change::Clear).change(|state| state.name = Some(SECRET.into()));
    seen.push(("StateUpdate", format!("{update:?}")));
    let _ = manager.update_state(&user, update).await.unwrap();
    let begun = manager.begin(&user).await.unwrap();
    seen.push(("Begun", format!("{begun:?}")));
    seen.push(("Turn", format!("{:?}", Turn::of(manager.user(&user).await.unwrap()))));
    seen.push(("MemoryStore", format!("{store:?}")));
    seen.push(("StateManager", format!("{manager:?}")));
    let _ = manager.reset_state(&user).await.unwrap();
    tokio::time::advance(Duration::from_secs(301)).await;
    let _ = manager.turn(&user, &message("after"), |_| Ok(())).await.unwrap();
    manager.forget(&user).await.unwrap();
    seen.push(("Visitor", format!("{:?}", CachedUser::<Desk>::visitor(user))));
}

#[test]
fn a_canary_never_comes_out() {
    let log = Log::default();
    let mut seen = Vec::new();
    tracing::subscriber::with_default(log.subscriber(), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(live_through_everything(&mut seen));
    });
    for (what, text) in &seen {
        assert_clean(what, text);
    }
    let loaded = seen.iter().find(|(what, _)| *what == "Loaded").map(|(_, text)| text.as_str()).unwrap();
    assert!(loaded.contains("stage: \"weigh\"") && loaded.contains(" bytes"), "a record shows where it stands: {loaded}");
    let log = log.text();
    assert_clean("the log", &log);
    for line in [
        "Updating state",
        "Resetting state",
        "Setting current stage",
        "UserId(263…77)",
        "stage_from=\"menu\"",
        "stage_to=\"weigh\"",
        "a_handler",
        "committed",
        "outcome=\"duplicate\"",
    ] {
        assert!(log.contains(line), "the log says nothing of {line:?}:\n{log}");
    }
}

#[test]
fn the_types_can_be_shared_and_the_trait_is_object_safe() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<StateManager<Desk>>();
    shared::<CachedUser<Desk>>();
    shared::<Turn<Desk>>();
    shared::<StateUpdate<Desk>>();
    shared::<MemoryStore>();
    shared::<Arc<dyn StateStore>>();
    shared::<Error>();
    fn sent<T: Send>(_: T) {}
    let manager = Manager::new(Arc::new(MemoryStore::new()) as Arc<dyn StateStore>);
    let (user, id) = (UserId::new(PHONE).unwrap(), message("a"));
    sent(manager.turn(&user, &id, |_| Ok(())));
    sent(manager.user(&user));
}
