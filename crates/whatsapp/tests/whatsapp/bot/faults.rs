//! A Graph API that fails, is slow, answers twice and loses answers, while workers are killed.

use std::sync::Arc;
use std::time::Duration;

use vimbiso_whatsapp::simulated::Fault;

use super::worker::{Shared, Worker};

const USERS: usize = 12;
const FAULTS: usize = 60;

/// What goes wrong with a request, from the first to the last; the same in each run.
fn plan() -> Vec<Fault> {
    let faults = [
        Fault::Success,
        Fault::LoseAnswer,
        Fault::code(131_000),
        Fault::Success,
        Fault::LoseRequest,
        Fault::Late(Duration::from_millis(1_500)),
        Fault::Gateway(502),
        Fault::Twice,
        Fault::Success,
        Fault::code(130_429),
    ];
    faults.into_iter().cycle().take(FAULTS).collect()
}

/// How often a user may read something again: one for each of these faults, and one reply of each
/// user for each kill.
fn allowed_repeats(kills: usize) -> usize {
    let repeats = |fault: &Fault| {
        matches!(
            fault,
            Fault::LoseAnswer | Fault::Late(_) | Fault::Twice | Fault::LoseRequest
        )
    };
    plan().iter().filter(|fault| repeats(fault)).count() + kills * USERS
}

fn user(n: usize) -> String {
    format!("2637710000{n:02}")
}

async fn buy(shared: Arc<Shared>, user: String) {
    shared.graph.write(&user, "3").await.unwrap();
    shared.until(|shared| !shared.texts(&user).is_empty()).await;
    shared.graph.press(&user, "Yes").await.unwrap();
    let is_told = |shared: &Shared| shared.texts(&user).contains(&"Paid 3 cents.".to_owned());
    shared.until(is_told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_each_user_pays_once() {
    let shared = Arc::new(Shared::new("faults").await);
    let mut workers: Vec<Worker> = shared.start_two(64).await.into();
    shared.graph.plan(plan());
    shared.graph.delay(Duration::from_millis(30));
    let talks: Vec<_> = (0..USERS)
        .map(|n| tokio::spawn(buy(Arc::clone(&shared), user(n))))
        .collect();
    for kill in 0..2 {
        let requests = (kill + 1) * 12;
        shared
            .until(|shared| shared.graph.requests() >= requests)
            .await;
        workers[kill].kill();
        let next = shared.start(64).await;
        shared.send_to(&next);
        workers.push(next);
    }
    for talk in talks {
        talk.await.unwrap();
    }
    let mut sent = 0;
    for n in 0..USERS {
        let mut texts = shared.texts(&user(n));
        sent += texts.len();
        assert_eq!(shared.ledger.sales(&user(n)), 1, "{texts:?}");
        texts.dedup();
        assert_eq!(texts.first().unwrap(), "Pay 3 cents?");
        assert!(texts.contains(&"Paid 3 cents.".to_owned()), "{texts:?}");
    }
    let repeats = sent - 2 * USERS;
    assert!(repeats <= allowed_repeats(2), "{repeats} repeats");
    shared.ledger.remove();
}
