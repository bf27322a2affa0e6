//! Why a reply may be shown a second time: an answer of the channel was lost, its worker died or
//! stopped before the settlement, or the server was away.

use crate::payments::event::{Event, What};
use crate::payments::evidence::Shown;

/// Clocks and files are not read at the very instant at which something happens.
const SLACK: u64 = 50;

/// A worker that was stopped does at most so much later what it had decided to do before.
const LATE: u64 = 2000;

/// A time in which a worker, or the server, was dead or stopped.
struct Absence {
    worker: Option<usize>,
    from: u64,
    to: u64,
    stopped: bool,
}

pub struct Excuses<'a> {
    events: &'a [Event],
    absences: Vec<Absence>,
}

impl<'a> Excuses<'a> {
    pub fn of(events: &'a [Event]) -> Self {
        let mut absences = Vec::<Absence>::new();
        for event in events {
            let open =
                |absence: &&mut Absence| absence.worker == event.worker && absence.to == u64::MAX;
            match event.what {
                What::Died | What::Stopped => absences.push(Absence {
                    worker: event.worker,
                    from: event.at,
                    // A worker that has died does not come back; another process has its number.
                    to: match event.what {
                        What::Died if event.worker.is_some() => event.at,
                        _ => u64::MAX,
                    },
                    stopped: event.what == What::Stopped,
                }),
                What::GoesOn | What::ServerBack => {
                    if let Some(absence) = absences.iter_mut().find(open) {
                        absence.to = event.at;
                    }
                }
                // What was taken and settled before may be gone.
                What::FailedOver => absences.push(Absence {
                    worker: None,
                    from: event.at.saturating_sub(LATE),
                    to: event.at + LATE,
                    stopped: false,
                }),
                What::Reached(..) => absences.push(Absence {
                    worker: event.worker,
                    from: event.at,
                    to: event.at,
                    stopped: false,
                }),
                What::Answered { .. } | What::Reported { .. } => {}
            }
        }
        Self { events, absences }
    }

    /// Whether there is a reason to show it again.
    pub fn excuse(&self, before: &Shown, again: &Shown) -> bool {
        let from = before.at.saturating_sub(SLACK);
        let to = again.at + SLACK;
        let sender = before.sending.worker;
        let answered = self.events.iter().any(|event| {
            let is_it = matches!(&event.what, What::Answered { id } if *id == before.sending.id);
            // Later, it may be the answer to the second.
            let in_time = (before.at..again.at).contains(&event.at);
            is_it && event.worker == Some(sender) && in_time
        });
        let away = self.absences.iter().any(|absence| {
            let concerns = absence.worker.is_none_or(|worker| worker == sender);
            concerns && absence.from <= to && from <= absence.to
        });
        !answered || away || self.was_stopped(again)
    }

    /// Whether a failover may have taken back what was known of the first time.
    pub fn was_taken_back(&self, before: &Shown, again: &Shown) -> bool {
        let times = before.at.saturating_sub(LATE)..=again.at;
        let is_it = |event: &Event| event.what == What::FailedOver && times.contains(&event.at);
        self.events.iter().any(is_it)
    }

    /// Whether the worker that has sent it was stopped a short time before.
    pub fn was_stopped(&self, again: &Shown) -> bool {
        self.absences.iter().any(|absence| {
            let sender = absence.worker == Some(again.sending.worker);
            let time = absence.from..=absence.to.saturating_add(LATE);
            sender && absence.stopped && time.contains(&again.at)
        })
    }
}
