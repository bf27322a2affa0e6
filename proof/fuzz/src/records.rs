//! Sessions as they are in a store.

use std::sync::Arc;
use std::time::Duration;

use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{CommitOutcome, CommitRequest};
use vimbiso_state::vimbisopay::{StateManager, VimbisoPay};
use vimbiso_state::{
    Answer, CommitId, Direction, Error, Flow as _, MemoryStore, MessageId, SessionStatus,
    Stage as _, StateStore, Step, UserId,
};

use crate::{soon, wait};

thread_local! {
    static MEMORY: (MemoryStore, StateManager) = {
        let store = MemoryStore::new();
        (store.clone(), StateManager::new(store))
    };
}

/// A record in six lines: format, stage, option, direction, menu and data; then the user's answer
/// to it.
pub fn record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(7, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let optional = |text: &str| Some(text.to_owned().into()).filter(|_| !text.is_empty());
    let record = Arc::new(Record {
        version: Version::after(None),
        flow: VimbisoPay::NAME.into(),
        entered_by: CommitId::random(),
        format: next().parse().unwrap_or(1),
        stage: next().to_owned().into(),
        option: optional(next()),
        direction: if next() == "IN" {
            Direction::In
        } else {
            Direction::Out
        },
        menu: optional(next()),
        pending_call: None,
        data: next().into(),
    });
    let answer = next();
    let (store, manager) = MEMORY.with(Clone::clone);
    let user = UserId::new("263771234567").unwrap();
    wait(async {
        write(&store, &user, &record).await;
        let found = match manager.load(&user).await {
            Ok(found) => found,
            Err(Error::NewerFormat { .. }) => return store.delete(&user, soon()).await.unwrap(),
            Err(other) => panic!("{other:?}"),
        };
        match found.status() {
            SessionStatus::Active => {
                assert_eq!(found.state().stage().name(), record.stage);
                let shown = found.state().menu_shown();
                let menu = record.menu.as_deref().unwrap_or_default();
                // Any other text opens no question.
                assert!(menu.starts_with(shown.unwrap_or_default()));
            }
            SessionStatus::Recovered { .. } => {
                assert_eq!(found.state().stage().name(), "handle_action_menu")
            }
            other => panic!("a live session was found {other:?}"),
        }
        answer_and_read_back(&manager, &user, answer).await;
        manager.delete(&user).await.unwrap();
    });
}

/// Handles an answer. If it is committed, the next load finds the same session.
async fn answer_and_read_back(manager: &StateManager, user: &UserId, answer: &str) {
    let answered = manager
        .handle(user, &MessageId::new("m").unwrap(), |turn| {
            if let Ok(Answer::Open(choice)) = turn.pick(answer) {
                turn.select(choice)?;
            }
            Ok(Step::Commit(turn.stage()))
        })
        .await;
    match answered {
        Ok(handled) => {
            let again = manager.load(user).await.unwrap();
            assert!(
                matches!(again.status(), SessionStatus::Active),
                "a committed session cannot be read"
            );
            assert_eq!(again.data(), handled.user().data());
            assert_eq!(Some(again.state().stage()), handled.into_output().unwrap());
        }
        Err(Error::InvalidTransition(_) | Error::State(_)) => {}
        Err(other) => panic!("{other:?}"),
    }
}

async fn write(store: &MemoryStore, user: &UserId, record: &Arc<Record>) {
    let loaded = store.load(user, None, soon()).await.unwrap();
    let minute = Duration::from_secs(60);
    let request = CommitRequest {
        id: &CommitId::random(),
        precondition: &loaded.precondition,
        record,
        reply: None,
        drop_token: false,
        ttl: minute,
        max_lifetime: minute,
        deadline: soon(),
    };
    assert!(matches!(
        store.commit(user, request).await.unwrap(),
        CommitOutcome::Applied(_)
    ));
}
