//! Workers who deliver many messages to one user, some of them twice, and how often each took effect.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::desk::{Desk, Manager};
use harness::sessions::user;
use rand::seq::SliceRandom as _;
use vimbiso_state::Step;
use vimbiso_state::{MessageId, RedisStore, StateManager};

pub const MESSAGES: u32 = 1280;
const TASKS: usize = 64;

fn manager(store: RedisStore) -> Manager {
    StateManager::builder(store)
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// Handles one half of the messages, and three in ten of all a second time. Returns how many took effect here.
pub async fn work(store: RedisStore, half: u32) -> u32 {
    let manager = manager(store);
    let mut deliveries: Vec<u32> = (0..MESSAGES).filter(|n| n % 2 == half).collect();
    deliveries.extend((0..MESSAGES).filter(|_| rand::random_bool(0.3)));
    deliveries.shuffle(&mut rand::rng());
    let tasks: Vec<_> = deliveries
        .chunks(deliveries.len().div_ceil(TASKS))
        .map(|share| {
            let (manager, share) = (manager.clone(), share.to_vec());
            tokio::spawn(async move {
                let mut effects = 0;
                for n in share {
                    let message = MessageId::new(format!("wamid.{n}")).unwrap();
                    let count = |turn: &mut vimbiso_state::Turn<Desk>| {
                        turn.data_mut().applied.push(n.to_string());
                        turn.remember_reply(&n)?;
                        Ok(n)
                    };
                    let handled = manager.handle(&user(), &message, count).await.unwrap();
                    effects += u32::from(!handled.is_duplicate());
                    assert_eq!(
                        handled.into_output().unwrap(),
                        Some(n),
                        "another message's reply"
                    );
                }
                effects
            })
        })
        .collect();
    let mut effects = 0;
    for task in tasks {
        effects += task.await.unwrap();
    }
    effects
}

/// Checks that every message took effect once, and so often in all.
pub async fn assert_once(store: RedisStore, effects: u32) {
    let state = manager(store).load(&user()).await.unwrap();
    let mut counted = BTreeMap::<_, u32>::new();
    for id in &state.data().applied {
        *counted.entry(id).or_default() += 1;
    }
    assert_eq!(counted.len() as u32, MESSAGES, "lost");
    assert!(
        counted.values().all(|times| *times == 1),
        "doubled: {counted:?}"
    );
    assert_eq!(effects, MESSAGES);
}
