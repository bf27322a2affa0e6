//! The promises that must always hold, and the cases that must occur so that a promise is tested.

use stateright::Property;

use crate::outbox::lanes::Queued;
use crate::outbox::process::{Part, Process, Task};
use crate::outbox::request::{Outcome, Request, Work};
use crate::outbox::scenario::{Index, Repeats, Says, Scenario};
use crate::outbox::world::World;

pub(crate) fn always() -> Vec<Property<Scenario>> {
    vec![
        Property::always(
            "each question's call takes effect at most once",
            |_, world: &World| world.bank.paid.iter().all(|paid| *paid <= 1),
        ),
        Property::always(
            "no call is performed that was not announced",
            |_, world: &World| !world.observer.performed_unannounced,
        ),
        Property::always(
            "a call that is told as not done has no effect",
            |_, world: &World| {
                let denied = world.observer.denied;
                let mut calls = denied.iter().zip(world.bank.paid);
                // A bank without a fence performs the request of a process that stopped.
                world.observer.stopped || calls.all(|(denied, paid)| !denied || paid == 0)
            },
        ),
        Property::always(
            "left alone, all work gets done",
            |scenario: &Scenario, world: &World| world.gets_done_if_left_alone(scenario),
        ),
        Property::always(
            "replies are first shown in the order of their commits",
            |_, world: &World| !world.observer.out_of_order,
        ),
        Property::always(
            "a reply is shown once unless a fault explains it",
            |_, world: &World| !world.observer.told_twice,
        ),
        Property::always(
            "a reply that waits without doubt was not shown",
            |_, world: &World| {
                let shown = world.channel.shown;
                let is_true =
                    |queued: &Queued| queued.in_doubt || shown[usize::from(queued.entry)] == 0;
                let is_explained = world.observer.failed_over || world.observer.stopped;
                is_explained || world.server.outbox.queue.iter().all(is_true)
            },
        ),
        Property::always(
            "a reply has as many attempts as processes that died of it",
            |_, world: &World| {
                let queue = &world.server.outbox.queue;
                let killed = world.observer.killed;
                let is_counted =
                    |queued: &Queued| queued.attempts >= killed[usize::from(queued.entry)];
                world.observer.failed_over || queue.iter().all(is_counted)
            },
        ),
        Property::always("a call is concluded at most once", |_, world: &World| {
            !world.server.concluded_twice
        }),
        Property::always(
            "a conclusion is never refused for want of room",
            |_, world: &World| !world.server.refused_conclusion,
        ),
        Property::always(
            "a deleted user comes back by a message alone",
            |_, world: &World| !world.observer.is_deleted || world.server.is_absent(),
        ),
        Property::always(
            "a user whose session expired is told so",
            |_, world: &World| !(world.server.expiry_untold && world.server.live),
        ),
    ]
}

/// Each of these occurs in every scenario in which it can. Otherwise the promises might hold only
/// because nothing happens.
pub(crate) fn sometimes(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let faults = scenario.faults;
    let calls = scenario.says.iter().any(|says| *says != Says::Hello);
    let talks = scenario.replies && scenario.says.contains(&Says::Hello);
    let mut seen = Vec::new();
    if calls {
        seen.push(Property::sometimes(
            "a call is concluded as done",
            |_, world: &World| world.server.outcomes.contains(&Some(Outcome::Done)),
        ));
    }
    if calls && talks {
        seen.push(Property::sometimes(
            "a reply is sent while a call waits",
            |_, world: &World| world.observer.shown_while_pending,
        ));
    }
    if calls && scenario.repeats != Repeats::Always && faults.unsent > 0 {
        seen.push(Property::sometimes(
            "a call is told as not done",
            |_, world: &World| world.observer.denied.contains(&true),
        ));
    }
    if scenario.replies {
        seen.push(Property::sometimes(
            "every reply is shown",
            |scenario: &Scenario, world: &World| {
                let shown = world.channel.shown.iter().filter(|shown| **shown > 0);
                shown.count() >= scenario.says.len()
            },
        ));
    }
    if scenario.replies && faults.lost + faults.stops > 0 {
        seen.push(Property::sometimes(
            "a reply is shown twice, and a fault explains it",
            |_, world: &World| world.channel.shown.contains(&2),
        ));
    }
    if calls && faults.failovers > 0 {
        seen.push(Property::sometimes(
            "a failover loses a call that was made",
            |_, world: &World| {
                let observer = world.observer;
                observer.failed_over && world.bank.paid[0] > 0 && world.server.open.is_some()
            },
        ));
    }
    if calls && faults.evictions > 0 {
        seen.push(Property::sometimes(
            "a call whose slot was lost is only asked for",
            |_, world: &World| {
                let is_asked = |task: &Task| {
                    matches!(
                        task,
                        Task::Working {
                            work: Work::Call {
                                attempt: 1,
                                may_perform: false,
                                ..
                            },
                            ..
                        }
                    )
                };
                let mut tasks = world.processes.iter().flat_map(|process| &process.tasks);
                tasks.any(is_asked)
            },
        ));
    }
    if scenario.index == Index::Hints {
        seen.push(Property::sometimes(
            "a commit arrives after its hint is over",
            |_, world: &World| {
                let is_over = |process: &Process| match process.waiting(Part::Turn) {
                    Some(waiting) => match waiting.sent.request {
                        Request::Commit(commit) => commit.hint == Some(0),
                        _ => false,
                    },
                    None => false,
                };
                world.processes.iter().any(is_over)
            },
        ));
    }
    seen
}
