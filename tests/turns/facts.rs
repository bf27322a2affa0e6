//! A decision that needs facts from elsewhere: it asks, and decides again on the same session.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Desk, Manager, applied, apply, deliver, message, user};
use harness::hooked::{Call, Hooked};
use harness::hooks::{CallLog, Meddler};
use tokio::time::{Instant, sleep, timeout};
use vimbiso_state::{Error, MemoryStore, Step, Turn};

type Decision<T, Q> = Result<Step<T, Q>, Error>;

/// Asks so many questions, numbered from 0, and commits all facts.
fn asks(count: usize) -> impl Fn(&mut Turn<Desk>, &[usize]) -> Decision<Vec<usize>, usize> + Send {
    move |turn, facts| {
        turn.data_mut()
            .applied
            .push(format!("{} facts", facts.len()));
        if facts.len() < count {
            return Ok(Step::Ask(facts.len()));
        }
        turn.remember_reply(facts)?;
        Ok(Step::Commit(facts.to_vec()))
    }
}

async fn square(n: usize) -> usize {
    n * n
}

/// Asks what the last message was, and commits the facts: decisions on two sessions ask two
/// questions.
fn asks_for_the_last(turn: &mut Turn<Desk>, facts: &[String]) -> Decision<Vec<String>, String> {
    let last = turn.data().applied.last().cloned().unwrap_or_default();
    if facts.is_empty() {
        return Ok(Step::Ask(last));
    }
    turn.data_mut().applied.extend_from_slice(facts);
    Ok(Step::Commit(facts.to_vec()))
}

/// Look-ups that keep a list of what they were asked.
#[derive(Default)]
struct LookUps(Mutex<Vec<String>>);

impl LookUps {
    async fn answer(&self, question: String) -> String {
        self.0.lock().unwrap().push(question.clone());
        format!("after {question}")
    }

    fn asked(self) -> Vec<String> {
        self.0.into_inner().unwrap()
    }
}

/// A store to which another worker commits a message before the first commit.
fn conflicting_once(store: MemoryStore) -> Hooked<MemoryStore, Meddler> {
    let other = Manager::new(store.clone());
    let commits = AtomicU32::new(0);
    Meddler::new(store, move |user| {
        let other = other.clone();
        let is_first = commits.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                let _ = deliver(&other, &user, "other").await;
            }
        }
    })
}

#[tokio::test(start_paused = true)]
async fn warm_message_with_look_ups_costs_one_commit() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let manager = Manager::new(store);
    let _ = deliver(&manager, &user(1), "first").await;
    let _ = calls.take();
    for count in [0, 1, 2, 5, 32] {
        let id = message(format!("warm {count}"));
        let handled = manager
            .handle_with_facts(&user(1), &id, asks(count), square)
            .await
            .unwrap();
        assert_eq!(calls.take(), [Call::Commit], "{count} look-ups");
        let squares: Vec<_> = (0..count).map(|n| n * n).collect();
        assert_eq!(handled.into_output().unwrap(), Some(squares));
    }
    assert_eq!(manager.cache_stats().hits, 5);
}

#[tokio::test(start_paused = true)]
async fn cold_message_with_look_ups_costs_one_load_more() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let manager = Manager::new(store);
    for count in [0, 1, 5] {
        // Each is the first message of its user.
        let handled = manager
            .handle_with_facts(&user(count), &message("cold"), asks(count), square)
            .await
            .unwrap();
        assert_eq!(calls.take(), [Call::Load, Call::Commit], "{count} look-ups");
        assert_eq!(handled.user().version().unwrap().revision, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_last_decision_takes_effect() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle_with_facts(&user(1), &message("a"), asks(3), square)
        .await
        .unwrap();
    assert_eq!(applied(&manager, &user(1)).await, ["3 facts"]);
}

#[tokio::test(start_paused = true)]
async fn facts_are_dropped_after_a_conflict() {
    let manager = Manager::new(conflicting_once(MemoryStore::new()));
    let look_ups = LookUps::default();
    let handled = manager
        .handle_with_facts(&user(1), &message("ours"), asks_for_the_last, |question| {
            look_ups.answer(question)
        })
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["other", "after other"]);
    assert_eq!(look_ups.asked(), ["", "other"]);
}

#[tokio::test(start_paused = true)]
async fn question_on_a_stale_session_is_asked_again() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let _ = deliver(&ours, &user(1), "1").await;
    let _ = deliver(&other, &user(1), "2").await;
    let _ = calls.take();

    let look_ups = LookUps::default();
    let handled = ours
        .handle_with_facts(&user(1), &message("3"), asks_for_the_last, |question| {
            look_ups.answer(question)
        })
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["1", "2", "after 2"]);
    assert_eq!(look_ups.asked(), ["1", "2"]);
    // The refusal of the first commit brought the newest session.
    assert_eq!(calls.take(), [Call::Commit, Call::Commit]);
    assert_eq!(ours.cache_stats().stale, 1);
}

#[tokio::test(start_paused = true)]
async fn stop_after_a_stale_question_is_decided_again() {
    let store = MemoryStore::new();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let _ = deliver(&ours, &user(1), "1").await;
    let _ = deliver(&other, &user(1), "2").await;

    let look_ups = LookUps::default();
    let stops = |turn: &mut Turn<Desk>, facts: &[String]| match asks_for_the_last(turn, facts)? {
        Step::Ask(question) => Ok(Step::Ask(question)),
        Step::Commit(facts) | Step::Stop(facts) => Ok(Step::Stop(facts)),
    };
    let handled = ours
        .handle_with_facts(&user(1), &message("3"), stops, |question| {
            look_ups.answer(question)
        })
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["1", "2"]);
    let output = handled.into_output().unwrap().unwrap();
    assert_eq!(output, ["after 2"]);
    assert_eq!(look_ups.asked(), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn load_that_confirms_the_cache_keeps_the_facts() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let manager = Manager::new(store);
    let _ = deliver(&manager, &user(1), "1").await;
    let _ = calls.take();

    let look_ups = LookUps::default();
    let stops = |turn: &mut Turn<Desk>, facts: &[String]| match asks_for_the_last(turn, facts)? {
        Step::Ask(question) => Ok(Step::Ask(question)),
        Step::Commit(facts) | Step::Stop(facts) => Ok(Step::Stop(facts)),
    };
    let handled = manager
        .handle_with_facts(&user(1), &message("2"), stops, |question| {
            look_ups.answer(question)
        })
        .await
        .unwrap();
    assert_eq!(handled.into_output().unwrap().unwrap(), ["after 1"]);
    assert_eq!(look_ups.asked(), ["1"]);
    assert_eq!(calls.take(), [Call::Load]);
}

#[tokio::test(start_paused = true)]
async fn thirty_third_question_is_an_error() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let look_ups = AtomicU32::new(0);
    let count = async |count: usize, user_number: usize| {
        let counted = |question| {
            look_ups.fetch_add(1, Ordering::Relaxed);
            square(question)
        };
        manager
            .handle_with_facts(&user(user_number), &message("a"), asks(count), counted)
            .await
    };
    match count(33, 1).await {
        Err(Error::Host(why)) => assert!(why.to_string().contains("32 facts"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(look_ups.swap(0, Ordering::Relaxed), 32);
    assert!(store.is_empty());

    let facts = count(32, 2).await.unwrap().into_output().unwrap().unwrap();
    assert_eq!(facts.len(), 32);
    assert_eq!(look_ups.into_inner(), 32);
}

#[tokio::test(start_paused = true)]
async fn deadline_does_not_run_during_a_look_up() {
    // After the conflict, a message whose deadline is over would be given up.
    let manager = Manager::new(conflicting_once(MemoryStore::new()));
    let slowly = |question: usize| async move {
        sleep(Duration::from_secs(60)).await;
        question
    };
    let started = Instant::now();
    let handled = manager
        .handle_with_facts(&user(1), &message("a"), asks(3), slowly)
        .await
        .unwrap();
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(360), "{elapsed:?}");
    assert_eq!(handled.user().data().applied, ["other", "3 facts"]);
    assert_eq!(handled.into_output().unwrap(), Some(vec![0, 1, 2]));
}

#[tokio::test(start_paused = true)]
async fn deadline_runs_between_look_ups() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let commits = AtomicU32::new(0);
    let manager = Manager::new(Meddler::new(store, move |user| {
        let other = other.clone();
        let id = commits.fetch_add(1, Ordering::Relaxed).to_string();
        async move {
            let _ = deliver(&other, &user, &id).await;
        }
    }));
    let look_ups = AtomicU32::new(0);
    let slowly = |question| {
        look_ups.fetch_add(1, Ordering::Relaxed);
        async move {
            sleep(Duration::from_secs(60)).await;
            question
        }
    };
    let contended = manager
        .handle_with_facts(&user(1), &message("ours"), asks(1), slowly)
        .await;
    let look_ups = look_ups.into_inner();
    match contended {
        Err(Error::Contended { attempts, waited }) => {
            assert_eq!(attempts, look_ups);
            // The deadline of 2 s, and what the look-ups took.
            let between = waited - look_ups * Duration::from_secs(60);
            assert!(between >= Duration::from_secs(2), "{between:?}");
            assert!(between < Duration::from_secs(3), "{between:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn next_message_waits_for_the_look_up() {
    let manager = Manager::new(MemoryStore::new());
    let slowly = |question: usize| async move {
        sleep(Duration::from_secs(1)).await;
        question
    };
    let a = message("a");
    let user = user(1);
    let first = manager.handle_with_facts(&user, &a, asks(1), slowly);
    let second = async {
        sleep(Duration::from_millis(500)).await;
        deliver(&manager, &user, "second").await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.unwrap().user().data().applied, ["1 facts"]);
    assert_eq!(second.user().data().applied, ["1 facts", "second"]);
    // It waited, rather than being refused and decided again.
    assert_eq!(manager.cache_stats().stale, 0);
}

#[tokio::test(start_paused = true)]
async fn caller_who_leaves_during_a_look_up_blocks_no_one() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let never = |_: usize| std::future::pending::<usize>();
    let id = message("a");
    let user = user(1);
    let waiting = manager.handle_with_facts(&user, &id, asks(1), never);
    assert!(timeout(Duration::from_secs(60), waiting).await.is_err());
    assert!(store.is_empty());
    let handled = manager.handle(&user, &id, apply("a")).await.unwrap();
    assert!(!handled.is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn failed_look_up_is_a_fact_too() {
    let manager = Manager::new(MemoryStore::new());
    let decide = |_: &mut Turn<Desk>, facts: &[Result<u32, String>]| match facts {
        [] => Ok(Step::Ask("balance")),
        [Ok(balance), ..] => Ok(Step::Commit(balance.to_string())),
        [Err(why), ..] => Ok(Step::Commit(format!("try later: {why}"))),
    };
    let fails = |_: &str| async { Err("502".to_owned()) };
    let handled = manager
        .handle_with_facts(&user(1), &message("a"), decide, fails)
        .await
        .unwrap();
    let output = handled.into_output().unwrap();
    assert_eq!(output.as_deref(), Some("try later: 502"));
}

#[tokio::test(start_paused = true)]
async fn applied_message_asks_nothing_and_gets_its_reply() {
    let manager = Manager::new(MemoryStore::new());
    let look_ups = AtomicU32::new(0);
    for duplicate in [false, true, true] {
        let counted = |question| {
            look_ups.fetch_add(1, Ordering::Relaxed);
            square(question)
        };
        let handled = manager
            .handle_with_facts(&user(1), &message("a"), asks(2), counted)
            .await
            .unwrap();
        assert_eq!(handled.is_duplicate(), duplicate);
        assert_eq!(handled.into_output().unwrap(), Some(vec![0, 1]));
    }
    assert_eq!(look_ups.into_inner(), 2);
}
