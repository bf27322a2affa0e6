//! Compares the model's store with the real one: each step of a random walk through the model is
//! taken by a real store as well.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stateright::Model as _;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{self as real, Session};
use vimbiso_state::{CommitId, Direction, MemoryStore, MessageId, StateStore, UserId};

use crate::commit::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, Message, Parts, Precondition, Tag,
};
use crate::commit::worker::Phase;
use crate::commit::{Action, Faults, SCENARIOS, Scenario, World};

const TTL: Duration = Duration::from_secs(60);

/// A real store that takes the same steps.
struct Mirror {
    store: MemoryStore,
    /// The real precondition for each one of the model.
    preconditions: HashMap<Precondition, real::Precondition>,
    /// How often each kind of answer to a commit occurred.
    seen: BTreeMap<&'static str, u32>,
}

fn user() -> UserId {
    UserId::new("user").unwrap()
}

fn id(message: Message) -> CommitId {
    CommitId::of(&user(), &MessageId::new(message.to_string()).unwrap())
}

fn name(outcome: CommitOutcome) -> &'static str {
    match outcome {
        CommitOutcome::Applied(Some(_)) => "applied",
        CommitOutcome::Applied(None) => "applied, and changed since",
        CommitOutcome::Conflict(_) => "conflict",
        CommitOutcome::Duplicate => "duplicate",
        CommitOutcome::Fenced => "fenced",
    }
}

fn version(version: crate::commit::store::Version) -> Version {
    let Tag { worker, attempt } = version.tag;
    Version {
        revision: version.revision.into(),
        tag: u128::from(worker) << 8 | u128::from(attempt),
    }
}

fn assert_same_status(model: CommitStatus, real: &real::CommitStatus) {
    match (model, real) {
        (CommitStatus::Fenced, real::CommitStatus::Fenced) => {}
        (
            CommitStatus::Applied(model),
            real::CommitStatus::Applied {
                version: real,
                reply: None,
            },
        ) => assert_eq!(version(model), *real),
        other => panic!("{other:?}"),
    }
}

impl Mirror {
    async fn load(&self, message: Option<Message>) -> real::Loaded {
        self.store
            .load(&user(), message.map(id).as_ref(), Instant::now() + TTL)
            .await
            .unwrap()
    }

    async fn commit(&self, request: &CommitRequest) -> real::CommitOutcome {
        let id = id(request.message);
        let record = Arc::new(Record {
            version: version(request.version),
            flow: "cafe".into(),
            entered_by: id,
            format: 1,
            stage: "menu".into(),
            option: None,
            direction: Direction::In,
            menu: None,
            pending_call: None,
            data: format!("{:?}", request.content).into(),
        });
        let request = real::CommitRequest {
            id: &id,
            precondition: &self.preconditions[&request.precondition],
            record: &record,
            reply: None,
            drop_token: false,
            ttl: TTL,
            max_lifetime: TTL * 100,
            deadline: Instant::now() + TTL,
        };
        self.store.commit(&user(), request).await.unwrap()
    }

    /// Asserts that both hold the same session, and that each precondition of the model has one
    /// real precondition of its own.
    fn assert_same(&mut self, model: Loaded, real: &real::Loaded) {
        match &real.session {
            Session::New => assert_eq!(model, Loaded::default()),
            Session::Live(record) => {
                assert_eq!(model.precondition.parts, Parts::ALL);
                assert_eq!(model.precondition.line.map(version), Some(record.version));
                assert_eq!(*record.data, *format!("{:?}", model.content));
            }
            Session::Expired(tombstone) => {
                assert_eq!(model.precondition.parts, Parts::NONE);
                assert_eq!(
                    model.precondition.line.map(version),
                    Some(tombstone.version)
                );
            }
            other => panic!("{other:?}"),
        }
        let known = self
            .preconditions
            .entry(model.precondition)
            .or_insert_with(|| real.precondition.clone());
        assert_eq!(known, &real.precondition);
        let same = self
            .preconditions
            .values()
            .filter(|known| **known == real.precondition);
        assert_eq!(same.count(), 1);
    }

    async fn take(&mut self, action: Action, before: &World, scenario: &Scenario) {
        match action {
            Action::Load { worker } => {
                let message = scenario.deliveries[worker][before.workers[worker].handled()];
                let real = self.load(Some(message)).await.commit_status;
                match (before.store.status(message), real) {
                    (None, None) => {}
                    (Some(model), Some(real)) => assert_same_status(model, &real),
                    other => panic!("{other:?}"),
                }
            }
            Action::Deliver { commit, .. } => {
                let request = before.wire[commit];
                let outcome = before.store.clone().commit(&request, scenario.design);
                *self.seen.entry(name(outcome)).or_default() += 1;
                let real = self.commit(&request).await;
                self.assert_same_outcome(outcome, real, before);
            }
            Action::Resolve { worker, .. } => {
                let Phase::Unknown(message) = before.workers[worker].phase else {
                    panic!("the worker knows the outcome")
                };
                let model = before.store.clone().resolve(message, scenario.design);
                let real = self
                    .store
                    .resolve(&user(), &id(message), Instant::now() + TTL)
                    .await
                    .unwrap();
                assert_same_status(model, &real);
            }
            Action::Expire => tokio::time::advance(TTL).await,
            _ => {}
        }
    }

    fn assert_same_outcome(
        &mut self,
        model: CommitOutcome,
        real: real::CommitOutcome,
        before: &World,
    ) {
        match (model, real) {
            (CommitOutcome::Applied(None), real::CommitOutcome::Applied(None))
            | (CommitOutcome::Fenced, real::CommitOutcome::Fenced) => {}
            (CommitOutcome::Applied(Some(model)), real::CommitOutcome::Applied(Some(real))) => {
                let known = self
                    .preconditions
                    .entry(model)
                    .or_insert_with(|| real.clone());
                assert_eq!(*known, real);
            }
            (CommitOutcome::Conflict(model), real::CommitOutcome::Conflict(real)) => {
                self.assert_same(model, &real)
            }
            (CommitOutcome::Duplicate, real::CommitOutcome::Duplicate { current, .. }) => {
                self.assert_same(before.store.load(), &current)
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Takes random steps until no step is left. Returns how many steps it took.
async fn random_run(
    scenario: &Scenario,
    random: &mut StdRng,
    seen: &mut BTreeMap<&'static str, u32>,
) -> usize {
    let mut mirror = Mirror {
        store: MemoryStore::new(),
        preconditions: HashMap::new(),
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
async fn memory_store_does_what_the_models_store_does() {
    let mut random = StdRng::seed_from_u64(1);
    let mut steps = 0;
    let mut seen = BTreeMap::new();
    for scenario in SCENARIOS {
        // A store in memory has neither evictions nor failovers.
        let faults = Faults {
            expiries: 2,
            evictions: 0,
            failovers: 0,
            ..scenario.faults
        };
        let scenario = Scenario {
            faults,
            attempts: 4,
            ..*scenario
        };
        for _ in 0..400 {
            steps += random_run(&scenario, &mut random, &mut seen).await;
        }
    }
    println!("{steps} steps, each the same in both; commits answered: {seen:?}");
    assert!(
        [
            "applied",
            "applied, and changed since",
            "conflict",
            "duplicate",
            "fenced"
        ]
        .iter()
        .all(|outcome| seen[outcome] > 100)
    );
}
