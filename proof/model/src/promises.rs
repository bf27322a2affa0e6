//! What must always hold, and what must happen at least once for that to mean anything.

use stateright::Property;

use crate::store::{Messages, Parts};
use crate::worker::{Phase, Source, Told, Worker};
use crate::{Scenario, World};

/// What hosts have been told, all workers together.
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
            "what was acknowledged is in the history",
            |_, world: &World| {
                world
                    .promised
                    .acknowledged
                    .are_all_in(world.store.history())
            },
        ),
        Property::always(
            "a commit is applied to what it was decided on, and to nothing else",
            |_, world: &World| !world.store.overwrote,
        ),
        Property::always("what was given up has no effect", |_, world: &World| {
            world.promised.given_up.within(world.store.history()) == Messages::default()
        }),
        Property::always(
            "all who ask about a message are told the same",
            |_, world: &World| {
                world.promised.given_up.within(world.promised.acknowledged) == Messages::default()
            },
        ),
    ]
}

/// Each of these is seen in the scenarios where it can be, so that the others do not hold for want
/// of anything happening.
pub(crate) fn sometimes(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let mut seen = vec![
        Property::sometimes(
            "every message is acknowledged to everyone",
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
        Property::sometimes("an unknown commit is fenced off", |_, world: &World| {
            world.was_told(Told::ResolvedFenced)
        }),
        Property::sometimes(
            "a commit that comes after its fence is refused",
            |_, world: &World| world.was_told(Told::Fenced),
        ),
    ];
    if scenario
        .deliveries
        .iter()
        .any(|messages| messages.len() > 1)
    {
        seen.push(Property::sometimes(
            "a guess is committed in one round trip",
            |_, world: &World| world.was_told(Told::Committed(Source::Guess)),
        ));
    }
    if scenario
        .deliveries
        .iter()
        .any(|messages| *messages != scenario.deliveries[0])
    {
        seen.push(Property::sometimes(
            "a conflict is decided again, and committed",
            |_, world: &World| world.was_told(Told::Committed(Source::Refusal)),
        ));
    }
    if scenario.faults.expiries > 0 {
        seen.push(Property::sometimes(
            "a session expires while a commit on it is on its way",
            |_, world: &World| {
                let basis = world.store.load().basis;
                let on_its_way = |phase| match phase {
                    Phase::Waiting(sent) => {
                        sent.basis.line == basis.line && sent.basis.parts == Parts::ALL
                    }
                    _ => false,
                };
                basis.parts == Parts::NONE
                    && basis.line.is_some()
                    && world.workers.iter().any(|worker| on_its_way(worker.phase))
            },
        ));
    }
    if scenario.faults.evictions > 0 {
        seen.push(Property::sometimes(
            "a torn session is found",
            |_, world: &World| {
                let torn = |phase| match phase {
                    Phase::Ready(found) => found.basis.parts.state != found.basis.parts.rest,
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
