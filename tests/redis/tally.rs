//! A conversation of one stage that counts how often each message took effect, and workers who deliver messages to it.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::seq::SliceRandom as _;
use serde::{Deserialize, Serialize};
use vimbiso_state::{
    Choice, Flow, Member, MessageId, RedisStore, Row, Stage, StateManager, assert_transitions, row,
};

use harness::sessions::user;

pub const MESSAGES: u32 = 1280;
const TASKS: usize = 64;

pub struct Tally;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Only {
    Stage,
}

impl Stage for Only {
    const START: Self = Self::Stage;
    const TABLE: &'static [Row<Self>] = &[row(Self::Stage, "only", &[])];
}
assert_transitions!(Only);

impl Choice<Only> for Only {
    const ALL: &'static [Self] = &[];
    fn name(self) -> &'static str {
        "only"
    }
    fn leads_to(self) -> Option<Only> {
        None
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counted {
    effects: BTreeMap<u32, u32>,
}

impl Flow for Tally {
    type Stage = Only;
    type Choice = Only;
    type State = Counted;
    fn member(_: &Counted) -> Option<Member<'_>> {
        None
    }
}

fn manager(store: RedisStore) -> StateManager<Tally> {
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
                    let count = |turn: &mut vimbiso_state::Turn<Tally>| {
                        *turn.state_mut().effects.entry(n).or_default() += 1;
                        turn.remember_reply(&n)?;
                        Ok(n)
                    };
                    let handled = manager.turn(&user(), &message, count).await.unwrap();
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
    let state = manager(store).user(&user()).await.unwrap();
    let counted = &state.state().state().effects;
    assert_eq!(counted.len() as u32, MESSAGES, "lost");
    assert!(
        counted.values().all(|times| *times == 1),
        "doubled: {counted:?}"
    );
    assert_eq!(effects, MESSAGES);
}
