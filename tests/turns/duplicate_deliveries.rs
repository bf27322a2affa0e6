//! A webhook comes at least once. Its message takes effect once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::desk::{Manager, Stage, applied, apply, begin, deliver, message, user};
use tokio::time::advance;
use vimbiso_state::id::InvalidSentAt;
use vimbiso_state::manager::Begin;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, MemoryStore, Step};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn second_delivery_gets_first_reply_changes_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let first = deliver(&manager, &user(1), "a").await;
    let version = first.user().version();
    assert_eq!(first.into_output().unwrap(), Some(1));
    let _ = deliver(&manager, &user(1), "b").await;

    let again = deliver(&manager, &user(1), "a").await;
    assert!(again.is_duplicate());
    let now = again.user().version();
    assert_ne!(now, version, "it shows the session as it is now");
    assert_eq!(again.into_output().unwrap(), Some(1));
    assert_eq!(applied(&manager, &user(1)).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn closure_does_not_run_for_an_applied_message() {
    let manager = Manager::new(MemoryStore::new());
    let runs = AtomicU32::new(0);
    for _ in 0..3 {
        let decide = |_: &mut _| Ok(Step::Commit(runs.fetch_add(1, Ordering::Relaxed)));
        let _ = manager
            .handle(&user(1), &message("a"), decide)
            .await
            .unwrap();
    }
    assert_eq!(runs.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn late_delivery_is_known_until_the_retention_ends() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    advance(24 * HOUR - Duration::from_secs(1)).await;
    assert!(deliver(&manager, &user(1), "a").await.is_duplicate());
    advance(Duration::from_secs(2)).await;
    assert!(!deliver(&manager, &user(1), "a").await.is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn message_older_than_the_retention_is_refused() {
    let manager = Manager::new(MemoryStore::new());
    let sent = |hours: u32| message("a").sent_at(SystemTime::now() - hours * HOUR);
    let stale = manager.handle(&user(1), &sent(25), apply("a")).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    let stale = manager.begin(&user(1), &sent(25)).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    assert!(applied(&manager, &user(1)).await.is_empty());

    let recent = manager.handle(&user(1), &sent(23), apply("a")).await;
    assert!(!recent.unwrap().is_duplicate());
    let ahead = message("b").sent_at(SystemTime::now() + HOUR);
    let ahead = manager.handle(&user(1), &ahead, apply("b")).await;
    assert!(!ahead.unwrap().is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn time_of_sending_that_cannot_be_right_is_refused() {
    let manager = Manager::new(MemoryStore::new());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let in_future = [
        UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_millis()).unwrap()),
        UNIX_EPOCH + now * 2,
        UNIX_EPOCH + now + 2 * HOUR,
    ];
    let in_1970 = [UNIX_EPOCH, UNIX_EPOCH - HOUR, UNIX_EPOCH + now / 1000];
    for sent in in_future.into_iter().chain(in_1970) {
        let id = message("a").sent_at(sent);
        let handled = manager.handle(&user(1), &id, apply("a")).await;
        let begun = manager.begin(&user(1), &id).await.map(drop);
        for error in [handled.map(drop).unwrap_err(), begun.unwrap_err()] {
            let is_expected = match &error {
                Error::SentAt(InvalidSentAt::Future { .. }) => in_future.contains(&sent),
                Error::SentAt(InvalidSentAt::Past) => in_1970.contains(&sent),
                _ => false,
            };
            assert!(is_expected, "{sent:?}: {error}");
            assert!(error.to_string().contains("seconds since 1970"), "{error}");
        }
    }
    assert!(applied(&manager, &user(1)).await.is_empty());
    let id = message("a").sent_at_unix(now.as_secs());
    let handled = manager.handle(&user(1), &id, apply("a")).await;
    assert!(!handled.unwrap().is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn short_retention_tolerates_less_of_the_future() {
    let retention = Duration::from_secs(600);
    let store = MemoryStore::builder().retention(retention).build().unwrap();
    let manager = Manager::new(store);
    let ahead = |seconds| message("a").sent_at(SystemTime::now() + Duration::from_secs(seconds));
    let far = manager.handle(&user(1), &ahead(70), apply("a")).await;
    assert!(matches!(far, Err(Error::SentAt(_))), "{far:?}");
    let near = manager.handle(&user(1), &ahead(50), apply("a")).await;
    assert!(!near.unwrap().is_duplicate());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_deliveries_take_effect_once_with_one_reply() {
    let store = MemoryStore::new();
    // Two managers know nothing of each other: two processes on one store.
    let managers = [Manager::new(store.clone()), Manager::new(store)];
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let manager = managers[n % 2].clone();
            tokio::spawn(async move { deliver(&manager, &user(1), "a").await })
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
        for duplicate in [false, true] {
            let handled = manager.handle(&user(n), &id, apply("a")).await.unwrap();
            assert_eq!(handled.is_duplicate(), duplicate, "user {n}, {id:?}");
        }
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
    assert!(!deliver(&manager, &user(1), "a").await.is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn open_turn_takes_effect_once_for_its_message() {
    let manager = Manager::new(MemoryStore::new());
    let first = begin(&manager, &user(1), "a").await;
    let second = begin(&manager, &user(1), "a").await;
    assert_eq!(first.commit_id(), CommitId::of(&user(1), &message("a")));
    for (mut turn, duplicate) in [(first, false), (second, true)] {
        turn.data_mut().applied.push("a".into());
        turn.remember_reply("done").unwrap();
        assert_eq!(turn.commit().await.unwrap().is_duplicate(), duplicate);
    }
    match manager.begin(&user(1), &message("a")).await.unwrap() {
        Begin::Duplicate { user, reply } => {
            assert_eq!(user.data().applied, ["a"]);
            assert_eq!(reply.unwrap().read::<String>().unwrap(), "done");
        }
        Begin::Turn(turn) => panic!("{turn:?}"),
    }
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);

    let given_up = CommitId::of(&user(1), &message("b"));
    let _ = manager.resolve(&user(1), &given_up).await.unwrap();
    let fenced = manager.begin(&user(1), &message("b")).await;
    assert!(matches!(fenced, Err(Error::Fenced { .. })), "{fenced:?}");
}

#[tokio::test(start_paused = true)]
async fn resolve_gives_a_message_up_for_good() {
    let manager = Manager::new(MemoryStore::new());
    let lost = message("lost");
    let id = CommitId::of(&user(1), &lost);
    let status = manager.resolve(&user(1), &id).await.unwrap();
    assert_eq!(status, CommitStatus::Fenced);
    let fenced = manager.handle(&user(1), &lost, apply("lost")).await;
    assert!(matches!(fenced, Err(Error::Fenced { commit_id }) if commit_id == id));
    assert!(applied(&manager, &user(1)).await.is_empty());
    let status = manager.resolve(&user(1), &id).await.unwrap();
    assert_eq!(status, CommitStatus::Fenced);

    let kept = deliver(&manager, &user(1), "kept").await;
    let id = CommitId::of(&user(1), &message("kept"));
    let status = manager.resolve(&user(1), &id).await.unwrap();
    let applied = CommitStatus::Applied {
        version: kept.user().version().unwrap(),
        reply: Some(b"1".as_slice().into()),
    };
    assert_eq!(status, applied, "with the reply that it stored");
}
