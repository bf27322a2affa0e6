//! Is the model's store the real one? Random walks through the model, each step taken by a real
//! store too.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stateright::Model as _;
use tokio::time::Instant;
use vimbiso_state::store::{self as real, Commit, CommitOutcome, Loaded, Resolution, Session};
use vimbiso_state::{
    CommitId, Direction, MemoryStore, MessageId, Record, StateStore, UserId, Version,
};

use crate::store::{Basis, Done, Ground, Message, Parts, Reply, Request, Tag};
use crate::worker::Phase;
use crate::{Action, Faults, SCENARIOS, Scenario, World};

const TTL: Duration = Duration::from_secs(60);

/// A real store that goes the same way.
struct Mirror {
    store: MemoryStore,
    /// Which real basis stands for which of the model's.
    bases: HashMap<Basis, real::Basis>,
    /// How commits were answered, over all walks.
    seen: BTreeMap<&'static str, u32>,
}

fn user() -> UserId {
    UserId::new("user").unwrap()
}

fn id(message: Message) -> CommitId {
    CommitId::of(&user(), &MessageId::new(message.to_string()).unwrap())
}

fn name(reply: Reply) -> &'static str {
    match reply {
        Reply::Applied(Some(_)) => "applied",
        Reply::Applied(None) => "applied, and moved on",
        Reply::Conflict(_) => "conflict",
        Reply::Duplicate => "duplicate",
        Reply::Fenced => "fenced",
    }
}

fn version(version: crate::store::Version) -> Version {
    let Tag { worker, attempt } = version.tag;
    Version {
        revision: version.revision.into(),
        tag: u128::from(worker) << 8 | u128::from(attempt),
    }
}

impl Mirror {
    async fn load(&self, message: Option<Message>) -> Loaded {
        self.store
            .load(&user(), message.map(id).as_ref(), Instant::now() + TTL)
            .await
            .unwrap()
    }

    async fn commit(&self, request: &Request) -> CommitOutcome {
        let record = Arc::new(Record {
            version: version(request.version),
            commit_id: id(request.message),
            format: 1,
            stage: "menu".into(),
            option: None,
            direction: Direction::In,
            menu: None,
            state: format!("{:?}", request.content).into(),
        });
        let id = id(request.message);
        let basis = &self.bases[&request.basis];
        let deadline = Instant::now() + TTL;
        let commit = Commit {
            id: &id,
            basis,
            record: &record,
            reply: None,
            drop_token: false,
            ttl: TTL,
            lifetime: TTL * 100,
            deadline,
        };
        self.store.commit(&user(), commit).await.unwrap()
    }

    /// Both have the same session, and know the same bases apart.
    fn assert_same(&mut self, model: Ground, found: &Loaded) {
        match &found.session {
            Session::New => assert_eq!(model, Ground::default()),
            Session::Live(record) => {
                assert_eq!(model.basis.parts, Parts::ALL);
                assert_eq!(model.basis.line.map(version), Some(record.version));
                assert_eq!(*record.state, *format!("{:?}", model.content));
            }
            Session::Expired(trace) => {
                assert_eq!(
                    (model.basis.line.map(version), model.basis.parts),
                    (Some(trace.version), Parts::NONE)
                );
            }
            other => panic!("{other:?}"),
        }
        let known = self
            .bases
            .entry(model.basis)
            .or_insert_with(|| found.basis.clone());
        assert_eq!(known, &found.basis);
        assert_eq!(
            self.bases
                .values()
                .filter(|basis| **basis == found.basis)
                .count(),
            1
        );
    }

    async fn take(&mut self, action: Action, before: &World, scenario: &Scenario) {
        match action {
            Action::Load { worker } => {
                let message = scenario.deliveries[worker][before.workers[worker].handled()];
                let found = self.load(Some(message)).await;
                match (before.store.done(message), found.done) {
                    (None, None) | (Some(Done::Fenced), Some(real::Done::Fenced)) => {}
                    (
                        Some(Done::Applied(model)),
                        Some(real::Done::Applied { version: real, .. }),
                    ) => {
                        assert_eq!(version(model), real)
                    }
                    other => panic!("{other:?}"),
                }
            }
            Action::Deliver { commit, .. } => {
                let request = before.wire[commit];
                let reply = before.store.clone().commit(&request, scenario.design);
                *self.seen.entry(name(reply)).or_default() += 1;
                match (reply, self.commit(&request).await) {
                    (Reply::Applied(model), CommitOutcome::Applied(real)) => {
                        if let Some(model) = model {
                            let known = self
                                .bases
                                .entry(model)
                                .or_insert_with(|| real.clone().unwrap());
                            assert_eq!(Some(&*known), real.as_ref());
                        } else {
                            assert_eq!(real, None);
                        }
                    }
                    (Reply::Conflict(model), CommitOutcome::Conflict(found)) => {
                        self.assert_same(model, &found)
                    }
                    (Reply::Duplicate, CommitOutcome::Duplicate { current, .. }) => {
                        self.assert_same(before.store.load(), &current)
                    }
                    (Reply::Fenced, CommitOutcome::Fenced) => {}
                    other => panic!("{other:?}"),
                }
            }
            Action::Resolve { worker, .. } => {
                let Phase::Unknown(message) = before.workers[worker].phase else {
                    panic!("nothing is unknown")
                };
                let model = before.store.clone().resolve(message, scenario.design);
                match (
                    model,
                    self.store
                        .resolve(&user(), &id(message), Instant::now() + TTL)
                        .await
                        .unwrap(),
                ) {
                    (Done::Applied(model), Resolution::Applied(real)) => {
                        assert_eq!(version(model), real)
                    }
                    (Done::Fenced, Resolution::Fenced) => {}
                    other => panic!("{other:?}"),
                }
            }
            Action::Expire => tokio::time::advance(TTL).await,
            _ => {}
        }
    }
}

/// Walks at random until nothing changes any more. Returns how many steps it took.
async fn walk(
    scenario: &Scenario,
    random: &mut StdRng,
    seen: &mut BTreeMap<&'static str, u32>,
) -> usize {
    let mut mirror = Mirror {
        store: MemoryStore::new(),
        bases: HashMap::new(),
        seen: mem::take(seen),
    };
    let mut world = World::of(scenario);
    for steps in 0.. {
        mirror.assert_same(world.store.load(), &mirror.load(None).await);
        let mut actions = Vec::new();
        scenario.actions(&world, &mut actions);
        if actions.is_empty() || steps == 100 {
            *seen = mirror.seen;
            return steps;
        }
        let action = actions[random.random_range(0..actions.len())];
        mirror.take(action, &world, scenario).await;
        world = scenario.next_state(&world, action).unwrap_or(world);
    }
    0
}

#[tokio::test(start_paused = true)]
async fn the_memory_store_does_what_the_models_store_does() {
    let mut random = StdRng::seed_from_u64(1);
    let mut steps = 0;
    let mut seen = BTreeMap::new();
    for scenario in SCENARIOS {
        // What a store in memory cannot suffer is left out.
        let faults = Faults {
            expiries: 2,
            evictions: 0,
            failovers: 0,
            ..scenario.faults
        };
        for _ in 0..400 {
            steps += walk(
                &Scenario {
                    faults,
                    attempts: 4,
                    ..*scenario
                },
                &mut random,
                &mut seen,
            )
            .await;
        }
    }
    println!("{steps} steps, each the same in both; commits answered: {seen:?}");
    assert!(
        [
            "applied",
            "applied, and moved on",
            "conflict",
            "duplicate",
            "fenced"
        ]
        .iter()
        .all(|reply| seen[reply] > 100)
    );
}
