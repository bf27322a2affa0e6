//! Two processes, 64 tasks each, one user, three messages in ten delivered twice: every message takes effect once.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::seq::SliceRandom as _;
use serde::{Deserialize, Serialize};
use vimbiso_state::{Choice, Flow, Member, MessageId, RedisStore, Row, Stage, StateManager, assert_transitions, row};

use crate::sessions::user;
use crate::support::server::Server;

const MESSAGES: u32 = 1280;
const TASKS: usize = 64;

/// A conversation of one stage that counts how often each message took effect.
struct Tally;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Only {
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
struct Counted {
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

async fn manager(url: &str) -> StateManager<Tally> {
    let store = RedisStore::connect(url).await.unwrap();
    StateManager::builder(store).deadline(Duration::from_secs(60)).build().unwrap()
}

/// Handles one half of the messages, and three in ten of all a second time. Returns how many took effect here.
async fn work(url: &str, half: u32) -> u32 {
    let manager = manager(url).await;
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
                    assert_eq!(handled.into_output().unwrap(), Some(n), "another message's reply");
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

/// Not a test of its own: the second process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the second process of the test below, which starts it"]
async fn the_second_process() {
    let url = std::env::var("SECOND_PROCESS_URL").expect("this is started by the test below");
    println!("effects={}", work(&url, 1).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_takes_effect_once() {
    let server = Server::start();
    let url = server.url();
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "two_processes::the_second_process", "--ignored", "--nocapture"])
        .env("SECOND_PROCESS_URL", &url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut redis = server.raw().await;
    let thrown_out = tokio::spawn(async move {
        // Now and then, everybody loses their connection in the middle of it.
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let mut kill = redis::cmd("CLIENT");
            kill.arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes");
            let _: Result<u64, _> = kill.query_async(&mut redis).await;
        }
    });
    let here = work(&url, 0).await;
    let other = tokio::task::spawn_blocking(move || other.wait_with_output().unwrap()).await.unwrap();
    thrown_out.abort();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(other.status.success(), "{said}");
    let there: u32 = said.split("effects=").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap();
    let state = manager(&url).await.user(&user()).await.unwrap();
    let effects = &state.state().state().effects;
    assert_eq!(effects.len() as u32, MESSAGES, "lost");
    assert!(effects.values().all(|times| *times == 1), "doubled: {effects:?}");
    assert_eq!(here + there, MESSAGES);
    assert!(here > 0 && there > 0, "both work: {here} {there}");
}
