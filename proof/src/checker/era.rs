//! One session in one era, in which every rule holds in full.

use super::answer::fits;
use super::{Kind, Violation};
use crate::history::{Event, History, Outcome, What};
use crate::list::{Message, spell};

pub struct Check<'a> {
    pub history: &'a History,
    pub session: u8,
    pub era: usize,
    pub found: &'a mut Vec<Violation>,
}

impl<'a> Check<'a> {
    pub fn run(mut self) {
        let first = self.first();
        let last = self.last();
        if !last.starts_with(first) {
            self.report(
                Kind::Forked,
                format!("the era began with {}", spell(first)),
                Vec::new(),
            );
        }
        for at in self.answered() {
            if let Err((kind, text)) = fits(&self.history.events[at].what, last) {
                let evidence = shown_by(self.history, self.era, at);
                self.report(kind, text, evidence);
            }
        }
        self.doubled();
        self.stale();
        self.unheard();
    }

    fn first(&self) -> &'a [Message] {
        &self.history.eras[self.era].first[usize::from(self.session)]
    }

    fn last(&self) -> &'a [Message] {
        &self.history.eras[self.era].last[usize::from(self.session)]
    }

    /// The events of this session that were answered in this era and no other.
    fn answered(&self) -> Vec<usize> {
        let history = self.history;
        let session = self.session;
        let era = self.era;
        let is_ours = |event: &Event| event.what.session() == session && history.within(era, event);
        (0..history.events.len())
            .filter(|at| is_ours(&history.events[*at]))
            .collect()
    }

    fn of(&self, message: Message, is: impl Fn(&What) -> bool) -> Vec<usize> {
        of(self.history, self.era, message, |event| is(&event.what))
    }

    /// Finds messages that took effect twice.
    fn doubled(&mut self) {
        let last = self.last();
        for (at, message) in last.iter().enumerate() {
            if last[..at].contains(message) {
                let evidence = self.of(*message, What::may_apply);
                self.report(
                    Kind::Doubled,
                    format!("{message} is in the list twice"),
                    evidence,
                );
            }
        }
        let committed = |what: &What| {
            matches!(
                what,
                What::Delivered {
                    outcome: Outcome::Committed { .. },
                    ..
                }
            )
        };
        let mut messages: Vec<_> = self
            .answered()
            .iter()
            .filter_map(|at| self.history.events[*at].what.message())
            .collect();
        messages.sort_unstable();
        messages.dedup();
        for message in messages {
            let times = self
                .of(message, committed)
                .into_iter()
                .filter(|at| self.history.within(self.era, &self.history.events[*at]));
            let times: Vec<_> = times.collect();
            if times.len() > 1 && last.iter().filter(|other| **other == message).count() < 2 {
                self.report(
                    Kind::Doubled,
                    format!("{message} was committed {} times", times.len()),
                    times,
                );
            }
        }
    }

    /// Compares reads and committed decisions with all that was known when they started.
    fn stale(&mut self) {
        let answered = self.answered();
        for &at in &answered {
            let event = &self.history.events[at];
            let Some(seen) = event.what.seen() else {
                continue;
            };
            let before = answered
                .iter()
                .filter(|other| self.history.events[**other].end < event.start);
            let newest = before.max_by_key(|other| self.history.events[**other].what.reached());
            let known = newest.map_or(0, |other| self.history.events[*other].what.reached());
            if seen.len() < known.max(self.first().len()) {
                let text = format!(
                    "{} of {} entries were seen",
                    seen.len(),
                    known.max(self.first().len())
                );
                self.report(
                    Kind::Stale,
                    text,
                    newest.copied().into_iter().chain([at]).collect(),
                );
            }
        }
    }

    /// Finds messages in the list that no worker sent, or that every delivery denied.
    fn unheard(&mut self) {
        for message in self.last().iter().skip(self.first().len()) {
            // A call that was still open when an era ended may have taken effect in it, even if the
            // next era denied it.
            let may_apply =
                |event: &Event| event.what.may_apply() || !self.history.within(self.era, event);
            if message.session != self.session
                || of(self.history, self.era, *message, may_apply).is_empty()
            {
                let everywhere = self
                    .history
                    .events
                    .iter()
                    .enumerate()
                    .filter(|(_, event)| event.what.message() == Some(*message));
                let evidence = everywhere.map(|(at, _)| at).collect();
                self.report(Kind::Unheard, format!("{message} is in the list"), evidence);
            }
        }
    }

    fn report(&mut self, kind: Kind, text: String, mut evidence: Vec<usize>) {
        evidence.sort_by_key(|at| self.history.events[*at].start);
        evidence.dedup();
        self.found.push(Violation {
            kind,
            session: self.session,
            text,
            evidence,
        });
    }
}

/// The events of a message that may have been answered in this era.
fn of(history: &History, era: usize, message: Message, is: impl Fn(&Event) -> bool) -> Vec<usize> {
    let events = history.events.iter().enumerate();
    let which = |event: &Event| {
        event.what.message() == Some(message) && history.touches(era, event) && is(event)
    };
    events
        .filter(|(_, event)| which(event))
        .map(|(at, _)| at)
        .collect()
}

/// The event that does not fit the last list of an era, and those that put another message at the
/// position where its own list differs.
pub fn shown_by(history: &History, era: usize, at: usize) -> Vec<usize> {
    let what = &history.events[at].what;
    let mut expected = what.seen().unwrap_or_default().to_vec();
    expected.extend(
        what.message()
            .filter(|message| what.acknowledges() && !expected.contains(message)),
    );
    let last = &history.eras[era].last[usize::from(what.session())];
    let same = expected
        .iter()
        .zip(last)
        .take_while(|(ours, theirs)| ours == theirs)
        .count();
    let others = last
        .iter()
        .skip(same)
        .map(|other| of(history, era, *other, |event| event.what.may_apply()));
    [
        vec![at],
        others
            .into_iter()
            .find(|other| !other.is_empty())
            .unwrap_or_default(),
    ]
    .concat()
}
