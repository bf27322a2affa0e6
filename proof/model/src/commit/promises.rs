//! The promises that must always hold, and the cases that must occur so that a promise is tested.

use stateright::Property;

use crate::commit::store::{Messages, Parts};
use crate::commit::worker::{Phase, Source, Told, Worker};
use crate::commit::{Scenario, World};

/// What the hosts of all workers have been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Promised {
    /// These have taken effect.
    pub(crate) acknowledged: Messages,
    /// These never will.
    pub(crate) given_up: Messages,
}

impl World {
    fn was_told(&self, told: Told) -> bool {
        self.workers
            .iter()
            .any(|worker| worker.told.contains(&Some(told)))
    }
}

pub(crate) fn always() -> Vec<Property<Scenario>> {
    vec![
        Property::always(
            "each message takes effect at most once",
            |_, world: &World| !world.store.doubled,
        ),
        Property::always(
            "an acknowledged message is in the history",
            |_, world: &World| {
                world
                    .promised
                    .acknowledged
                    .are_all_in(world.store.history())
            },
        ),
        Property::always(
            "a commit is applied only if its precondition holds",
            |_, world: &World| !world.store.overwrote,
        ),
        Property::always(
            "a message that was given up has no effect",
            |_, world: &World| {
                world.promised.given_up.within(world.store.history()) == Messages::default()
            },
        ),
        Property::always(
            "all workers are told the same about a message",
            |_, world: &World| {
                world.promised.given_up.within(world.promised.acknowledged) == Messages::default()
            },
        ),
    ]
}

/// Each of these occurs in every scenario in which it can. Otherwise the promises might hold only
/// because nothing happens.
pub(crate) fn sometimes(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let mut seen = vec![
        Property::sometimes(
            "every message is acknowledged to every worker",
            |scenario: &Scenario, world: &World| {
                let all = |(worker, messages): (&Worker, &&[_])| {
                    worker
                        .told
                        .iter()
                        .flatten()
                        .filter(|told| told.acknowledges())
                        .count()
                        == messages.len()
                };
                world.workers.iter().zip(scenario.deliveries).all(all)
            },
        ),
        Property::sometimes("a duplicate is answered", |_, world: &World| {
            world.was_told(Told::Duplicate)
        }),
        Property::sometimes(
            "an unknown commit turns out to be applied",
            |_, world: &World| world.was_told(Told::ResolvedApplied),
        ),
        Property::sometimes("an unknown commit is fenced", |_, world: &World| {
            world.was_told(Told::ResolvedFenced)
        }),
        Property::sometimes("a commit after its fence is refused", |_, world: &World| {
            world.was_told(Told::Fenced)
        }),
    ];
    if scenario
        .deliveries
        .iter()
        .any(|messages| messages.len() > 1)
    {
        seen.push(Property::sometimes(
            "a decision on a cached session is committed",
            |_, world: &World| world.was_told(Told::Committed(Source::Cache)),
        ));
    }
    if scenario
        .deliveries
        .iter()
        .any(|messages| *messages != scenario.deliveries[0])
    {
        seen.push(Property::sometimes(
            "a conflict is decided again, and committed",
            |_, world: &World| world.was_told(Told::Committed(Source::Conflict)),
        ));
    }
    if scenario.faults.expiries > 0 {
        seen.push(Property::sometimes(
            "a session expires while a commit is under way",
            |_, world: &World| {
                let precondition = world.store.load().precondition;
                let is_under_way = |phase| match phase {
                    Phase::Waiting(sent) => {
                        sent.precondition.line == precondition.line
                            && sent.precondition.parts == Parts::ALL
                    }
                    _ => false,
                };
                precondition.parts == Parts::NONE
                    && precondition.line.is_some()
                    && world
                        .workers
                        .iter()
                        .any(|worker| is_under_way(worker.phase))
            },
        ));
    }
    if scenario.faults.evictions > 0 {
        seen.push(Property::sometimes(
            "a torn session is found",
            |_, world: &World| {
                let torn = |phase| match phase {
                    Phase::Ready(found) => {
                        found.precondition.parts.data != found.precondition.parts.rest
                    }
                    _ => false,
                };
                world.workers.iter().any(|worker| torn(worker.phase))
            },
        ));
    }
    if scenario.faults.failovers > 0 {
        seen.push(Property::sometimes(
            "a failover loses what was acknowledged",
            |_, world: &World| world.lost,
        ));
    }
    seen
}
