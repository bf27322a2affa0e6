//! Sessions as they are read from a store.

use std::sync::Arc;
use std::time::Duration;
use vimbiso_state::Step;

use vimbiso_state::store::{Commit, CommitOutcome, KeyLayout, Session, read_reply};
use vimbiso_state::vimbisopay::StateManager;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::{CommitId, Direction, Error, MemoryStore, MessageId, SessionStatus, Stage as _, StateStore, UserId};

use crate::{soon, wait};

thread_local! {
    static MEMORY: (MemoryStore, StateManager) = {
        let store = MemoryStore::new();
        (store.clone(), StateManager::new(store))
    };
}

/// A record in seven lines: format, stage, option, direction, menu, state; and what the user
/// answers to it.
pub fn record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(7, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let optional = |text: &str| Some(text.to_owned().into()).filter(|_| !text.is_empty());
    let record = Arc::new(Record {
        version: Version::after(None),
        commit_id: CommitId::random(),
        format: next().parse().unwrap_or(1),
        stage: next().to_owned().into(),
        option: optional(next()),
        direction: if next() == "IN" {
            Direction::In
        } else {
            Direction::Out
        },
        menu: optional(next()),
        state: next().into(),
    });
    let answer = next();
    let (store, manager) = MEMORY.with(Clone::clone);
    let user = UserId::new("263771234567").unwrap();
    wait(async {
        write(&store, &user, &record).await;
        let opened = manager.load(&user).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(Error::NewerFormat { .. }) => return store.delete(&user, soon()).await.unwrap(),
            Err(other) => panic!("{other:?}"),
        };
        match opened.status() {
            SessionStatus::Active => {
                assert_eq!(opened.state().stage().name(), record.stage);
                let shown = opened.state().menu_shown();
                let menu = record.menu.as_deref();
                assert_eq!(shown.is_some(), menu.is_some());
                assert!(
                    menu.unwrap_or_default()
                        .starts_with(shown.unwrap_or_default())
                );
            }
            SessionStatus::Recovered { .. } => {
                assert_eq!(opened.state().stage().name(), "handle_action_menu")
            }
            other => panic!("a live session opened as {other:?}"),
        }
        let answered = manager
            .handle(&user, &MessageId::new("m").unwrap(), |turn| {
                if let Ok(choice) = turn.pick(answer) {
                    turn.select(choice)?;
                }
                Ok(Step::Commit(turn.stage()))
            })
            .await;
        match answered {
            Ok(handled) => {
                let again = manager.load(&user).await.unwrap();
                assert!(
                    matches!(again.status(), SessionStatus::Active),
                    "what was written cannot be read"
                );
                assert_eq!(again.data(), handled.user().data());
                assert_eq!(Some(again.state().stage()), handled.into_output().unwrap());
            }
            Err(Error::InvalidTransition(_) | Error::State(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
        manager.delete(&user).await.unwrap();
    });
}

async fn write(store: &MemoryStore, user: &UserId, record: &Arc<Record>) {
    let id = CommitId::random();
    let basis = store.load(user, None, soon()).await.unwrap().precondition;
    let ttl = Duration::from_secs(60);
    let deadline = soon();
    let commit = CommitRequest {
        id: &id,
        basis: &precondition,
        record,
        reply: None,
        drop_token: false,
        ttl,
        max_lifetime: ttl,
        deadline,
    };
    assert!(matches!(
        store.commit(user, commit).await.unwrap(),
        CommitOutcome::Applied(_)
    ));
}

/// What Redis answers to a load, in eight lines: version, state, stage, option, direction, token,
/// and what is recorded in the two hashes. An empty one is not there.
pub fn redis_reply(data: &[u8]) {
    let values = || -> Vec<Option<Vec<u8>>> {
        let mut lines: Vec<_> = data
            .splitn(8, |byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        lines.resize(8, Vec::new());
        lines
            .into_iter()
            .map(|line| Some(line).filter(|line| !line.is_empty()))
            .collect()
    };
    one_key(data);
    let Ok(loaded) = read_reply(KeyLayout::FiveKeys, values()) else {
        return;
    };
    let found = values();
    let there = |at: usize| found[at].is_some();
    assert_eq!(
        loaded.precondition,
        read_reply(KeyLayout::FiveKeys, values()).unwrap().basis
    );
    match &loaded.session {
        Session::New => assert!((0..5).all(|at| !there(at))),
        Session::Live(record) => {
            assert!(
                there(0) && there(1) && there(2) && there(4) && there(3) == record.option.is_some()
            );
            let word = |word: &str, most| {
                (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic())
            };
            assert!(
                word(&record.stage, Record::MAX_NAME) && record.state.len() <= Record::MAX_STATE
            );
            assert!(
                record
                    .option
                    .as_deref()
                    .is_none_or(|option| word(option, Record::MAX_NAME))
            );
            assert!(
                record
                    .menu
                    .as_deref()
                    .is_none_or(|menu| word(menu, Record::MAX_MENU))
            );
            // Another line, or one key less, is another session.
            for at in [0, 1, 2, 4] {
                let mut other = values();
                other[at] = None;
                let other = read_reply(KeyLayout::FiveKeys, other).unwrap();
                assert!(other.basis != loaded.basis && !matches!(other.session, Session::Live(_)));
            }
        }
        Session::Expired(_) => assert!(there(0) && (1..5).all(|at| !there(at))),
        _ => assert!((0..5).any(there)),
    }
    assert!(loaded.token.is_none() || there(5));
    assert!(loaded.done.is_none() || there(6) || there(7));
}

/// The same bytes as a session of one key, with the trace of another or none.
fn one_key(data: &[u8]) {
    for trace in [
        None,
        Some(
            data.split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default()
                .to_vec(),
        ),
    ] {
        let session = Some(data.to_vec()).filter(|data| !data.is_empty());
        let Ok(loaded) = read_reply(KeyLayout::OneKey, vec![session, trace.clone(), None]) else {
            continue;
        };
        match &loaded.session {
            Session::New => assert!(data.is_empty() && trace.is_none_or(|trace| trace.is_empty())),
            Session::Live(record) => {
                assert!(data.ends_with(record.state.as_bytes()) && data.contains(&b'\n'))
            }
            Session::Expired(_) => assert!(data.is_empty()),
            _ => {}
        }
    }
}
