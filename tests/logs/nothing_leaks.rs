//! What is logged, shown by `Debug` or said in an error never holds a user id, a message, a state or a token.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, message};
use harness::log::Log;
use tokio::time::Instant;
use vimbiso_state::Step;
use vimbiso_state::session::{Corruption, Record, Version};
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, ExpectedToken, LeaseHolder, Precondition, Session, StoredToken,
    TokenPut,
};
use vimbiso_state::{
    CachedUser, Change, CommitId, Error, JwtToken, MemoryStore, StateManager, StateStore,
    StateUpdate, Turn, UserId,
};

const PHONE: &str = "263779998877";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln";
pub const SECRET: &str = "canary-state-text";
const MESSAGE: &str = "wamid.canary-message";

pub fn assert_clean(what: &str, text: &str) {
    assert!(!text.is_empty(), "{what} shows nothing at all");
    // A list of bytes may stand on many lines.
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for canary in [PHONE, TOKEN, SECRET, MESSAGE, "canary"] {
        assert!(!text.contains(canary), "{what} holds {canary}:\n{text}");
        let bytes: Vec<_> = canary.bytes().map(|byte| byte.to_string()).collect();
        assert!(
            !one_line.contains(&bytes.join(", ")),
            "{what} holds {canary}, byte by byte:\n{text}"
        );
    }
}

async fn live_through_everything(seen: &mut Vec<(&'static str, String)>) {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let user = UserId::new(PHONE).unwrap();
    let token = JwtToken::new(TOKEN).unwrap();
    manager.set_jwt_token(&user, &token).await.unwrap();
    let handled = manager
        .handle(&user, &message(MESSAGE), |turn| {
            turn.data_mut().name = Some(SECRET.into());
            turn.show(&SHORT);
            turn.select(Choice::Weigh)?;
            turn.label("a_handler");
            turn.remember_reply(SECRET)?;
            Ok(Step::Commit(format!("{turn:?}")))
        })
        .await
        .unwrap();
    seen.push(("Handled", format!("{handled:?}")));
    let shown = handled.into_output().unwrap().unwrap();
    assert!(
        shown.contains(&format!("Reply({} bytes)", SECRET.len() + 2)),
        "{shown}"
    );
    seen.push(("Turn with a reply", shown));
    let duplicate = manager
        .handle(&user, &message(MESSAGE), |_| Ok(Step::Commit(0)))
        .await
        .unwrap();
    seen.push(("Duplicate", format!("{duplicate:?}")));
    let read = manager.load(&user).await.unwrap();
    seen.push(("CachedUser", format!("{read:?}")));
    assert_eq!(read.jwt_token(), Some(&token));
    let deadline = Instant::now() + Duration::from_secs(1);
    seen.push((
        "Loaded",
        format!("{:?}", store.load(&user, None, deadline).await.unwrap()),
    ));
    commit_all_that_is_secret(&store, &user, deadline, seen).await;
    let stored = StoredToken::new(TOKEN);
    let put = TokenPut {
        token: Some(&stored),
        expected: ExpectedToken::Absent,
        ttl: Duration::from_secs(1),
        release: None,
        deadline,
    };
    seen.push(("TokenPut", format!("{put:?}")));
    seen.push((
        "TokenOutcome",
        format!("{:?}", store.put_token(&user, put).await.unwrap()),
    ));
    assert_eq!(
        store
            .acquire_refresh_lease(
                &user,
                &LeaseHolder::random(),
                Duration::from_secs(1),
                deadline
            )
            .await
            .unwrap(),
        Lease::Won
    );
    for (what, error) in [
        (
            "Refused",
            manager
                .handle(&user, &message("b"), |turn| {
                    Ok(Step::Commit(turn.transition_to(Stage::Weigh, None)?))
                })
                .await
                .map(drop),
        ),
        (
            "NotOnMenu",
            manager
                .handle(&user, &message("c"), |turn| {
                    turn.pick(SECRET).map(drop).map_err(Error::from)
                })
                .await
                .map(drop),
        ),
        (
            "Token",
            manager
                .handle(&user, &message("d"), |turn| {
                    turn.data_mut().name = Some(TOKEN.into());
                    Ok(Step::Commit(()))
                })
                .await
                .map(drop),
        ),
        (
            "Stale",
            manager
                .handle(
                    &user,
                    &message(MESSAGE).sent_at(std::time::UNIX_EPOCH),
                    |_| Ok(Step::Commit(())),
                )
                .await
                .map(drop),
        ),
        (
            "UserId",
            UserId::new(format!("{PHONE}_canary"))
                .map(drop)
                .map_err(Error::from),
        ),
        (
            "JwtToken",
            JwtToken::new(format!("{TOKEN} "))
                .map(drop)
                .map_err(Error::from),
        ),
    ] {
        seen.push((
            what,
            format!(
                "{error:?} {}",
                error
                    .as_ref()
                    .map_or_else(ToString::to_string, |()| String::new())
            ),
        ));
    }
    let update = StateUpdate::<Desk>::new("a_handler")
        .option(Change::Clear)
        .change(|state| state.name = Some(SECRET.into()));
    seen.push(("StateUpdate", format!("{update:?}")));
    let _ = manager.update_state(&user, update).await.unwrap();
    let begun = manager.begin(&user).await.unwrap();
    seen.push(("OpenTurn", format!("{begun:?}")));
    seen.push((
        "Turn",
        format!("{:?}", Turn::of(manager.load(&user).await.unwrap())),
    ));
    seen.push(("MemoryStore", format!("{store:?}")));
    seen.push(("StateManager", format!("{manager:?}")));
    let _ = manager.reset_state(&user).await.unwrap();
    tokio::time::advance(Duration::from_secs(301)).await;
    let _ = manager
        .handle(&user, &message("after"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    manager.delete(&user).await.unwrap();
    seen.push((
        "Visitor",
        format!("{:?}", CachedUser::<Desk>::visitor(user)),
    ));
}

/// What a store is handed and hands back.
async fn commit_all_that_is_secret(
    store: &MemoryStore,
    user: &UserId,
    deadline: Instant,
    seen: &mut Vec<(&'static str, String)>,
) {
    let found = store.load(user, None, deadline).await.unwrap();
    let Session::Live(record) = &found.session else {
        panic!("{found:?}")
    };
    let version = Version::after(Some(record.version));
    let record = Arc::new(Record {
        version,
        state: format!(r#"{{"name":"{SECRET}"}}"#).into(),
        ..Record::clone(record)
    });
    let (id, ttl) = (CommitId::random(), Duration::from_secs(300));
    let reply = Some(SECRET.as_bytes());
    let commit = CommitRequest {
        id: &id,
        basis: &found.precondition,
        record: &record,
        reply,
        drop_token: false,
        ttl,
        max_lifetime: ttl * 10,
        deadline,
    };
    seen.push(("Commit", format!("{commit:?}")));
    seen.push((
        "Applied",
        format!("{:?}", store.commit(user, commit.clone()).await.unwrap()),
    ));
    let other = Arc::new(Record {
        version: Version::after(Some(version)),
        ..Record::clone(&record)
    });
    let duplicate = store
        .commit(
            user,
            CommitRequest {
                record: &other,
                ..commit.clone()
            },
        )
        .await
        .unwrap();
    assert!(
        matches!(&duplicate, CommitOutcome::Duplicate { reply: Some(reply), .. } if **reply == *SECRET.as_bytes())
    );
    seen.push((
        "a duplicate commit",
        format!("{duplicate:?} {duplicate:#?}"),
    ));
    let conflict = store
        .commit(
            user,
            CommitRequest {
                id: &CommitId::random(),
                record: &other,
                ..commit
            },
        )
        .await
        .unwrap();
    assert!(matches!(conflict, CommitOutcome::Conflict(_)));
    seen.push(("Conflict", format!("{conflict:?}")));
    seen.push((
        "Done",
        format!(
            "{:?}",
            store.load(user, Some(&id), deadline).await.unwrap().done
        ),
    ));
    let damaged = Session::Corrupt {
        why: Corruption::State,
        version: Some(version),
        state: Some((1, SECRET.into())),
    };
    seen.push(("Damaged", format!("{damaged:?}")));
    // A store may keep there what it could not read.
    seen.push((
        "Precondition",
        format!("{:?}", Precondition::new(SECRET.as_bytes())),
    ));
}

#[test]
fn a_canary_never_comes_out() {
    let log = Log::default();
    let mut seen = Vec::new();
    log.capture(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(live_through_everything(&mut seen));
    });
    for (what, text) in &seen {
        assert_clean(what, text);
    }
    let loaded = seen
        .iter()
        .find(|(what, _)| *what == "Loaded")
        .map(|(_, text)| text.as_str())
        .unwrap();
    assert!(
        loaded.contains("stage: \"weigh\"") && loaded.contains(" bytes"),
        "a record shows where it stands: {loaded}"
    );
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
        assert!(
            log.contains(line),
            "the log says nothing of {line:?}:\n{log}"
        );
    }
}

#[test]
fn types_are_shared_and_the_trait_is_object_safe() {
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
    sent(manager.handle(&user, &id, |_| Ok(Step::Commit(()))));
    sent(manager.user(&user));
}
