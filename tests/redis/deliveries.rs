//! Workers that deliver many messages to one user, some of them twice, and how often each took
//! effect.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::desk::{Desk, Manager, message};
use harness::sessions::user;
use rand::seq::SliceRandom as _;
use vimbiso_state::{RedisStore, StateManager, Step, Turn};

const MESSAGES: u32 = 1280;
const TASKS: usize = 64;

fn manager(store: RedisStore) -> Manager {
    StateManager::builder(store)
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// Handles one half of the messages, and three in ten of all messages a second time. Returns how
/// many took effect here.
pub async fn work(store: RedisStore, half: u32) -> u32 {
    let manager = manager(store);
    let mut deliveries: Vec<u32> = (0..MESSAGES).filter(|n| n % 2 == half).collect();
    deliveries.extend((0..MESSAGES).filter(|_| rand::random_bool(0.3)));
    deliveries.shuffle(&mut rand::rng());
    let share = deliveries.len().div_ceil(TASKS);
    let tasks: Vec<_> = deliveries
        .chunks(share)
        .map(|share| tokio::spawn(deliver(manager.clone(), share.to_vec())))
        .collect();
    let mut effects = 0;
    for task in tasks {
        effects += task.await.unwrap();
    }
    effects
}

async fn deliver(manager: Manager, messages: Vec<u32>) -> u32 {
    let mut effects = 0;
    for n in messages {
        let count = |turn: &mut Turn<Desk>| {
            turn.data_mut().applied.push(n.to_string());
            turn.remember_reply(&n)?;
            Ok(Step::Commit(n))
        };
        let message = message(format!("wamid.{n}"));
        let handled = manager.handle(&user(), &message, count).await.unwrap();
        effects += u32::from(!handled.is_duplicate());
        let reply = handled.into_output().unwrap();
        assert_eq!(reply, Some(n), "another message's reply");
    }
    effects
}

/// Fails unless every message took effect once, and `effects` messages did in all.
pub async fn assert_once(store: RedisStore, effects: u32) {
    let user = manager(store).load(&user()).await.unwrap();
    let mut counts = BTreeMap::<_, u32>::new();
    for id in &user.data().applied {
        *counts.entry(id).or_default() += 1;
    }
    assert_eq!(counts.len() as u32, MESSAGES, "lost");
    assert!(counts.values().all(|n| *n == 1), "doubled: {counts:?}");
    assert_eq!(effects, MESSAGES);
}
