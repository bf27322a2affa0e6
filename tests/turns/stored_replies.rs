//! A reply is stored with its commit, and read back without another turn.

use std::time::Duration;

use harness::desk::{Manager, applied, deliver, message, user};
use harness::hooked::Call;
use harness::hooks::CallLog;
use tokio::time::advance;
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
