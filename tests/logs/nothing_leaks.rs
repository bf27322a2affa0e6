//! What is logged, shown by `Debug` or said in an error never holds a user id, a message, data or a
//! token.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, begin, message};
use harness::log::Log;
use tokio::time::{Instant, advance};
use vimbiso_state::id::ConversationKey;
use vimbiso_state::input::person_name;
use vimbiso_state::{
    CachedUser, Error, Flow, JwtToken, MemoryStore, MessageId, StateManager, StateStore, Step,
    Turn, UserId,
};

use crate::{MESSAGE, PHONE, SECRET, TOKEN, assert_clean, paused_runtime, store_output};

/// What was shown, each with its name.
#[derive(Default)]
pub(crate) struct Shown(Vec<(&'static str, String)>);

impl Shown {
    pub(crate) fn debug(&mut self, what: &'static str, value: &impl Debug) {
        self.0.push((what, format!("{value:?} {value:#?}")));
    }

    fn error<T>(&mut self, what: &'static str, result: Result<T, Error>) {
        let error = result.err().unwrap_or_else(|| panic!("{what} succeeded"));
        self.0.push((what, format!("{error:?} {error}")));
    }

    fn assert_clean(&self) {
        for (what, text) in &self.0 {
            assert_clean(what, text);
        }
    }

    fn find(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(what, _)| *what == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }
}

fn secret_turn(turn: &mut Turn<Desk>) -> Result<Step<String>, Error> {
    turn.data_mut().name = Some(SECRET.into());
    turn.show(&SHORT);
    turn.select(Choice::Weigh)?;
    turn.label("a_handler");
    turn.remember_reply(SECRET)?;
    Ok(Step::Commit(format!("{turn:?}")))
}

async fn use_everything(shown: &mut Shown) {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let user = UserId::new(PHONE).unwrap();
    let token = JwtToken::new(TOKEN).unwrap();
    manager.set_jwt_token(&user, &token).await.unwrap();

    let handled = manager.handle(&user, &message(MESSAGE), secret_turn).await;
    let handled = handled.unwrap();
    shown.debug("Handled", &handled);
    let turn = handled.into_output().unwrap().unwrap();
    let reply = format!("StoredReply({} bytes)", SECRET.len() + 2);
    assert!(turn.contains(&reply), "{turn}");
    shown.0.push(("Turn with a reply", turn));
    let duplicate = manager.handle(&user, &message(MESSAGE), secret_turn).await;
    shown.debug("Duplicate", &duplicate.unwrap());
    let stored = manager.stored_reply(&user, &message(MESSAGE)).await;
    shown.debug("StoredReply", &stored.unwrap());
    let read = manager.load(&user).await.unwrap();
    assert_eq!(read.jwt_token(), Some(&token));
    shown.debug("CachedUser", &read);
    let member = Desk::member(read.data()).unwrap();
    assert_eq!(member.first_name, SECRET);
    shown.debug("Member", &member);
    let key = ConversationKey::default().chat("canary").user(PHONE);
    shown.debug("ConversationKey", &key);
    shown.debug("id of a ConversationKey", &key.user_id().unwrap());

    store_output::show_sessions(&store, &user, shown).await;
    store_output::show_tokens(&store, &user, shown).await;
    fail_in_every_way(&manager, &user, shown).await;

    let rename = |turn: &mut Turn<Desk>| {
        turn.data_mut().name = Some(SECRET.into());
        Ok(turn.transition_to(turn.stage(), None)?)
    };
    let updated = manager.update_state(&user, "a_handler", rename).await;
    shown.debug("updated user", &updated.unwrap());
    let stops = |_: &mut Turn<Desk>| Ok(Step::Stop(SECRET.len()));
    let stopped = manager.handle(&user, &message("s"), stops).await;
    shown.debug("Stopped", &stopped.unwrap());
    shown.debug("OpenTurn", &begin(&manager, &user, "open").await);
    let loaded = manager.load(&user).await.unwrap();
    shown.debug("Turn", &Turn::of(loaded));
    shown.debug("MemoryStore", &store);
    shown.debug("StateManager", &manager);

    let _ = manager.reset_state(&user).await.unwrap();
    advance(Duration::from_secs(301)).await;
    let stops = manager.handle(&user, &message("after"), secret_turn).await;
    shown.debug("Expired", &stops.unwrap());
    manager.delete(&user).await.unwrap();
    shown.debug("visitor", &CachedUser::<Desk>::visitor(user));
}

async fn fail_in_every_way(manager: &Manager, user: &UserId, shown: &mut Shown) {
    let go = |turn: &mut Turn<Desk>| Ok(Step::Commit(turn.transition_to(Stage::Weigh, None)?));
    let leave = |turn: &mut Turn<Desk>| {
        turn.transition_to(Stage::Menu, None)?;
        Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
    };
    let gone = manager.handle(user, &message("a"), go).await;
    assert!(gone.is_ok(), "staying is allowed");
    let refused = manager.handle(user, &message("b"), leave).await;
    shown.error("InvalidTransition", refused);
    let pick = |turn: &mut Turn<Desk>| Ok(Step::Commit(turn.pick(SECRET)?.open().map(drop)?));
    let not_on_menu = manager.handle(user, &message("c"), pick).await;
    shown.error("NotOnMenu", not_on_menu);
    let name = |turn: &mut Turn<Desk>| {
        turn.data_mut().name = Some(TOKEN.into());
        Ok(Step::Commit(()))
    };
    let token = manager.handle(user, &message("d"), name).await;
    shown.error("State", token);
    let large = |turn: &mut Turn<Desk>| {
        turn.remember_reply(&SECRET.repeat(2000))?;
        Ok(Step::Commit(()))
    };
    let too_large = manager.handle(user, &message("e"), large).await;
    shown.error("ReplyTooLarge", too_large);
    let old = message(MESSAGE).sent_at(SystemTime::now() - Duration::from_secs(90_000));
    shown.error("Stale", manager.begin(user, &old).await);
    let in_1970 = message(MESSAGE).sent_at_unix(1);
    shown.error("SentAt", manager.begin(user, &in_1970).await);
    let parts = [MESSAGE, "\u{7}"];
    let message_id = MessageId::of_parts(parts).map_err(Error::from);
    shown.error("MessageId of parts", message_id);
    let mobile = UserId::mobile(format!("+{PHONE}/5"));
    shown.error("mobile", mobile.map_err(Error::from));
    let exposed = UserId::from_exposed(format!("{PHONE}_canary"));
    shown.error("exposed", exposed.map_err(Error::from));
    let name = person_name(&format!("{SECRET}\u{202e}")).map_err(Error::host);
    shown.error("name", name);

    let text = format!("{PHONE}_canary");
    shown.error("UserId", UserId::new(text).map_err(Error::from));
    let text = format!("{MESSAGE}\u{7}");
    shown.error("MessageId", MessageId::new(text).map_err(Error::from));
    let text = format!("{TOKEN} ");
    shown.error("Token", JwtToken::new(text).map_err(Error::from));
}

#[test]
fn canary_never_comes_out() {
    let log = Log::default();
    let mut shown = Shown::default();
    log.capture(|| paused_runtime().block_on(use_everything(&mut shown)));
    shown.assert_clean();
    let loaded = shown.find("Loaded");
    assert!(loaded.contains("stage: \"weigh\""), "{loaded}");
    assert!(loaded.contains(" bytes"), "{loaded}");

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
        assert!(log.contains(line), "no {line:?} in the log:\n{log}");
    }
}

#[test]
fn types_are_shared_and_the_trait_is_object_safe() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<StateManager<Desk>>();
    shared::<CachedUser<Desk>>();
    shared::<Turn<Desk>>();
    shared::<MemoryStore>();
    shared::<Arc<dyn StateStore>>();
    shared::<Error>();
    fn sent<T: Send>(_: T) {}
    let manager = Manager::new(Arc::new(MemoryStore::new()) as Arc<dyn StateStore>);
    let user = UserId::new(PHONE).unwrap();
    let id = message("a");
    sent(manager.handle(&user, &id, |_| Ok(Step::Commit(()))));
    let ask = |_: &mut Turn<Desk>, _: &[Instant]| Ok(Step::<(), u8>::Commit(()));
    let look_up = async |_: u8| Instant::now();
    sent(manager.handle_with_facts(&user, &id, ask, look_up));
    sent(manager.load(&user));
    sent(manager.begin(&user, &id));
    sent(manager.update_state(&user, "test", |_| Ok(())));
}
