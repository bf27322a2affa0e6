//! A reply is stored with its commit, and read back without another turn.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::desk::{Manager, applied, deliver, message, user};
use harness::hooked::Call;
use harness::hooks::CallLog;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::advance;
use vimbiso_state::session::ReadBackError;
use vimbiso_state::turn::StorableReply;
use vimbiso_state::{CommitId, Error, Handled, MemoryStore, Step};

/// The stored reply as text, in one round trip.
async fn stored(manager: &Manager, calls: &CallLog, id: &str) -> Option<String> {
    let _ = calls.take();
    let reply = manager.stored_reply(&user(1), &message(id)).await.unwrap();
    assert_eq!(calls.take(), [Call::Load]);
    reply.map(|reply| reply.read().unwrap())
}

#[tokio::test(start_paused = true)]
async fn reply_is_read_back_without_a_turn() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let manager = Manager::new(store);
    assert_eq!(stored(&manager, &calls, "a").await, None, "not handled yet");

    let answered = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.data_mut().applied.push("a".into());
            turn.remember_reply("Thank you!")?;
            Ok(Step::Commit(()))
        })
        .await;
    let _ = answered.unwrap();
    let _ = deliver(&manager, &user(1), "b").await;
    for _ in 0..2 {
        let reply = stored(&manager, &calls, "a").await;
        assert_eq!(reply.as_deref(), Some("Thank you!"));
    }
    assert_eq!(applied(&manager, &user(1)).await, ["a", "b"]);

    let other = manager.stored_reply(&user(2), &message("a")).await.unwrap();
    assert!(other.is_none(), "a reply belongs to its user");
}

#[tokio::test(start_paused = true)]
async fn message_without_a_reply_has_none() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let manager = Manager::new(store);
    let silent = |_: &mut _| Ok(Step::Commit(()));
    let _ = manager
        .handle(&user(1), &message("silent"), silent)
        .await
        .unwrap();
    let stopped = |turn: &mut vimbiso_state::Turn<_>| {
        turn.remember_reply("not stored")?;
        Ok(Step::Stop(()))
    };
    let _ = manager
        .handle(&user(1), &message("stopped"), stopped)
        .await
        .unwrap();
    let given_up = CommitId::of(&user(1), &message("given up"));
    let _ = manager.resolve(&user(1), &given_up).await.unwrap();
    for id in ["silent", "stopped", "given up"] {
        assert_eq!(stored(&manager, &calls, id).await, None, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn reply_outlives_its_session_for_the_retention() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let reply = async || manager.stored_reply(&user(1), &message("a")).await;
    advance(Duration::from_secs(24 * 3600 - 1)).await;
    assert_eq!(reply().await.unwrap().unwrap().read::<u32>().unwrap(), 1);
    advance(Duration::from_secs(2)).await;
    assert!(reply().await.unwrap().is_none());

    let _ = deliver(&manager, &user(1), "a").await;
    manager.delete(&user(1)).await.unwrap();
    assert!(reply().await.unwrap().is_none(), "deleted with the user");
}

#[tokio::test(start_paused = true)]
async fn reply_of_another_type_is_an_error() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let text = |_: &mut _| Ok(Step::Commit("text".to_owned()));
    let again = manager.handle(&user(1), &message("a"), text).await.unwrap();
    assert!(matches!(again.into_output(), Err(Error::Reply)));
    let reply = manager.stored_reply(&user(1), &message("a")).await.unwrap();
    let reply = reply.unwrap();
    assert!(matches!(reply.read::<String>(), Err(Error::Reply)));
    assert_eq!(reply.read::<u32>().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn reply_of_more_than_16_kib_is_refused() {
    let manager = Manager::new(MemoryStore::new());
    let remember = async |length| {
        let reply = "x".repeat(length);
        manager
            .handle(&user(1), &message("a"), |turn| {
                turn.remember_reply(&reply)?;
                Ok(Step::Commit(()))
            })
            .await
    };
    // With its two quotes.
    let too_large = remember(16 * 1024 - 1).await;
    assert!(
        matches!(too_large, Err(Error::ReplyTooLarge { bytes: 16_385 })),
        "{too_large:?}"
    );
    let _ = remember(16 * 1024 - 2).await.unwrap();
    match remember(0).await.unwrap() {
        Handled::Duplicate { reply, .. } => {
            let largest = reply.unwrap().read::<String>().unwrap();
            assert_eq!(largest, "x".repeat(16 * 1024 - 2));
        }
        again => panic!("{again:?}"),
    }
}

/// Why this reply is not stored. The message takes no effect.
async fn refusal<R: StorableReply + Sync>(reply: &R) -> ReadBackError {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let handled = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.remember_reply(reply)?;
            Ok(Step::Commit(()))
        })
        .await;
    assert!(store.is_empty());
    match handled {
        Err(Error::ReplyNotReadable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Bill {
    total: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tip: Option<f32>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[tokio::test(start_paused = true)]
async fn reply_that_cannot_be_read_back_is_refused() {
    let bill = || Bill {
        total: 3.5,
        tip: None,
        extra: Map::new(),
    };
    let of = |path: &str| path.to_owned();
    let nan = Bill {
        total: f64::NAN,
        ..bill()
    };
    let path = of("total");
    assert_eq!(refusal(&nan).await, ReadBackError::NotFinite { path });
    let path = of("1.*");
    let tips = (7, json!({}), Some(f32::INFINITY));
    assert_eq!(
        refusal(&tips).await,
        ReadBackError::NotFinite { path: of("2") }
    );
    let bills = vec![BTreeMap::new(), BTreeMap::from([("ada", f64::NAN)])]
        .into_iter()
        .map(|bills| bills.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
        .collect::<Vec<BTreeMap<String, f64>>>();
    assert_eq!(refusal(&bills).await, ReadBackError::NotFinite { path });
    let mut twice = bill();
    twice.extra.insert(of("total"), json!(4));
    let path = of("total");
    assert_eq!(refusal(&twice).await, ReadBackError::DuplicateName { path });

    #[derive(Serialize, Deserialize)]
    struct Drinks {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        names: Vec<String>,
    }
    let path = of("names");
    let none = Drinks { names: Vec::new() };
    assert_eq!(refusal(&none).await, ReadBackError::Unreadable { path });
    let path = of("$");
    let lost = Some(None::<u8>);
    assert_eq!(refusal(&lost).await, ReadBackError::Changed { path });
}

#[tokio::test(start_paused = true)]
async fn refused_reply_leaves_the_one_before() {
    let manager = Manager::new(MemoryStore::new());
    let bill = Bill {
        total: 3.5,
        tip: Some(0.1),
        extra: [("table".to_owned(), json!(null))].into_iter().collect(),
    };
    let handled = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.remember_reply(&bill)?;
            assert!(turn.remember_reply(&f64::NAN).is_err());
            Ok(Step::Commit(bill.clone()))
        })
        .await;
    let _ = handled.unwrap();
    let again = manager
        .handle(&user(1), &message("a"), |_| Ok(Step::Commit(bill.clone())))
        .await;
    assert_eq!(again.unwrap().into_output().unwrap(), Some(bill));
}

#[tokio::test(start_paused = true)]
async fn texts_and_slices_are_replies() {
    let manager = Manager::new(MemoryStore::new());
    let two = |turn: &mut vimbiso_state::Turn<_>| {
        turn.remember_reply("text")?;
        turn.remember_reply(&"text".to_owned())?;
        turn.remember_reply(["one", "two"].map(str::to_owned).as_slice())?;
        Ok(Step::Commit(Vec::<String>::new()))
    };
    for _ in 0..2 {
        let _ = manager.handle(&user(1), &message("a"), two).await.unwrap();
    }
    let reply = manager.stored_reply(&user(1), &message("a")).await.unwrap();
    assert_eq!(
        reply.unwrap().read::<Vec<String>>().unwrap(),
        ["one", "two"]
    );
}
