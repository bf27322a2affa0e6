//! A webhook comes at least once. Its message takes effect once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use harness::desk::{Manager, Stage, applied, apply, message, user};
use tokio::time::advance;
use vimbiso_state::Step;
use vimbiso_state::{CommitId, Error, Handled, MemoryStore};

#[tokio::test(start_paused = true)]
async fn second_delivery_gets_first_reply_changes_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let first = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let version = first.user().version();
    assert_eq!(first.into_output().unwrap(), Some(1));
    let _ = manager
        .handle(&user(1), &message("b"), apply("b"))
        .await
        .unwrap();

    let again = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    assert!(again.is_duplicate());
    assert_ne!(
        again.user().version(),
        version,
        "it shows the session as it is now"
    );
    assert_eq!(again.into_output().unwrap(), Some(1));
    assert_eq!(applied(&manager, &user(1)).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn closure_does_not_run_for_an_applied_message() {
    let manager = Manager::new(MemoryStore::new());
    let runs = AtomicU32::new(0);
    for _ in 0..3 {
        let _ = manager
            .handle(&user(1), &message("a"), |_| {
                Ok(Step::Commit(runs.fetch_add(1, Ordering::Relaxed)))
            })
            .await
            .unwrap();
    }
    assert_eq!(runs.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn late_delivery_is_known_until_the_retention_ends() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    advance(Duration::from_secs(24 * 3600 - 1)).await;
    assert!(
        manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap()
            .is_duplicate()
    );
    advance(Duration::from_secs(2)).await;
    assert!(
        !manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap()
            .is_duplicate()
    );
}

#[tokio::test(start_paused = true)]
async fn message_older_than_the_retention_is_refused() {
    let manager = Manager::new(MemoryStore::new());
    let sent =
        |hours: u64| message("a").sent_at(SystemTime::now() - Duration::from_secs(hours * 3600));
    let stale = manager.handle(&user(1), &sent(25), apply("a")).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    assert!(applied(&manager, &user(1)).await.is_empty());
    assert!(
        !manager
            .handle(&user(1), &sent(23), apply("a"))
            .await
            .unwrap()
            .is_duplicate()
    );
    let ahead = message("b").sent_at(SystemTime::now() + Duration::from_secs(3600));
    assert!(
        !manager
            .handle(&user(1), &ahead, apply("b"))
            .await
            .unwrap()
            .is_duplicate()
    );
    assert!(matches!(
        manager.begin_for(&user(1), &sent(25)).await,
        Err(Error::Stale { .. })
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_deliveries_take_effect_once_with_one_reply() {
    let store = MemoryStore::new();
    // Two managers know nothing of each other: two processes on one store.
    let managers = [Manager::new(store.clone()), Manager::new(store)];
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let manager = managers[n % 2].clone();
            tokio::spawn(async move {
                manager
                    .handle(&user(1), &message("a"), apply("a"))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        let handled = task.await.unwrap();
        fresh += u32::from(!handled.is_duplicate());
        assert_eq!(handled.into_output().unwrap(), Some(1));
    }
    assert_eq!(fresh, 1);
    assert_eq!(applied(&managers[0], &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn steps_and_other_users_have_commit_ids_of_their_own() {
    let manager = Manager::new(MemoryStore::new());
    for (n, id) in [
        (1, message("a")),
        (1, message("a").step("result")),
        (2, message("a")),
    ] {
        assert!(
            !manager
                .handle(&user(n), &id, apply("a"))
                .await
                .unwrap()
                .is_duplicate()
        );
        assert!(
            manager
                .handle(&user(n), &id, apply("a"))
                .await
                .unwrap()
                .is_duplicate()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn refused_message_is_not_recorded_and_may_return() {
    let manager = Manager::new(MemoryStore::new());
    let refused = manager
        .handle(&user(1), &message("a"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await;
    assert!(matches!(refused, Err(Error::InvalidTransition(_))));
    assert!(
        !manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap()
            .is_duplicate()
    );
}

#[tokio::test(start_paused = true)]
async fn open_turn_takes_effect_once_for_its_message() {
    let manager = Manager::new(MemoryStore::new());
    let begin = async || manager.begin_for(&user(1), &message("a")).await.unwrap();
    let (first, second) = (
        begin().await.continue_value().unwrap(),
        begin().await.continue_value().unwrap(),
    );
    assert_eq!(first.commit_id(), CommitId::of(&user(1), &message("a")));
    for (mut turn, duplicate) in [(first, false), (second, true)] {
        turn.data_mut().applied.push("a".into());
        turn.remember_reply("done").unwrap();
        assert_eq!(turn.commit().await.unwrap().is_duplicate(), duplicate);
    }
    match begin().await.break_value().unwrap() {
        Handled::Duplicate { reply, .. } => {
            assert_eq!(reply.unwrap().read::<String>().unwrap(), "done")
        }
        handled => panic!("{handled:?}"),
    }
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
    let _ = manager
        .resolve(&user(1), &CommitId::of(&user(1), &message("b")))
        .await
        .unwrap();
    assert!(matches!(
        manager.begin_for(&user(1), &message("b")).await,
        Err(Error::Fenced { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn reply_of_another_type_is_an_error() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let again = manager
        .handle(&user(1), &message("a"), |_| {
            Ok(Step::Commit("text".to_owned()))
        })
        .await
        .unwrap();
    assert!(matches!(again.into_output(), Err(Error::Reply)));
    let too_large = manager
        .handle(&user(1), &message("b"), |turn| {
            turn.remember_reply(&"x".repeat(16 * 1024))
        })
        .await;
    assert!(matches!(
        too_large,
        Err(Error::ReplyTooLarge { bytes: 16_386 })
    ));
    let largest = "x".repeat(16 * 1024 - 2);
    let _ = manager
        .handle(&user(1), &message("b"), |turn| {
            turn.remember_reply(&largest)
        })
        .await
        .unwrap();
    match manager
        .handle(&user(1), &message("b"), |_| Ok(Step::Commit(())))
        .await
        .unwrap()
    {
        Handled::Duplicate { reply, .. } => {
            assert_eq!(reply.unwrap().read::<String>().unwrap(), largest)
        }
        again => panic!("{again:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn resolve_gives_a_message_up_for_good() {
    use vimbiso_state::CommitId;
    use vimbiso_state::store::CommitStatus;
    let manager = Manager::new(MemoryStore::new());
    let (lost, kept) = (message("lost"), message("kept"));
    let id = CommitId::of(&user(1), &lost);
    assert_eq!(
        manager.resolve(&user(1), &id).await.unwrap(),
        CommitStatus::Fenced
    );
    let fenced = manager.handle(&user(1), &lost, apply("lost")).await;
    assert!(matches!(fenced, Err(Error::Fenced { commit_id }) if commit_id == id));
    assert!(applied(&manager, &user(1)).await.is_empty());

    let version = manager
        .handle(&user(1), &kept, apply("kept"))
        .await
        .unwrap()
        .user()
        .version()
        .unwrap();
    let resolved = manager
        .resolve(&user(1), &CommitId::of(&user(1), &kept))
        .await
        .unwrap();
    assert_eq!(resolved, CommitStatus::Applied(version));
}
