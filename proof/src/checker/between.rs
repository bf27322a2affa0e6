//! The change from one era to the next: the server came back with less than it had.

use std::time::Duration;

use super::answer::fits;
use super::era::shown_by;
use super::{Kind, Violation};
use crate::history::History;
use crate::list::{Message, spell};

/// How many acknowledged messages were gone after the server came back.
pub fn taken_back(history: &History) -> usize {
    let eras = history.eras.windows(2);
    let kept = eras.map(|eras| {
        eras[0]
            .last
            .iter()
            .zip(&eras[1].first)
            .map(|(last, first)| (last, first.len()))
    });
    let acknowledged = |message: &Message| {
        history
            .events
            .iter()
            .any(|e| e.what.acknowledges() && e.what.message() == Some(*message))
    };
    kept.flatten()
        .map(|(last, kept)| {
            last.iter()
                .skip(kept)
                .filter(|message| acknowledged(message))
                .count()
        })
        .sum()
}

/// Checks what one era leaves to the next, and the calls that were under way in between.
pub fn check(history: &History, session: u8, found: &mut Vec<Violation>) {
    let here = usize::from(session);
    for (era, eras) in history.eras.windows(2).enumerate() {
        let before = &eras[0].last[here];
        let after = &eras[1].first[here];
        let mut report = |kind, text, evidence| {
            found.push(Violation {
                kind,
                session,
                text,
                evidence,
            })
        };
        if !before.starts_with(after) {
            let text = format!(
                "the server came back with {}, which is not the beginning of {}",
                spell(after),
                spell(before)
            );
            report(Kind::Forked, text, Vec::new());
        }
        let copied = eras[0].copied.unwrap_or(Duration::ZERO);
        for (at, event) in history.events.iter().enumerate() {
            let Some(message) = event
                .what
                .message()
                .filter(|message| message.session == session)
            else {
                continue;
            };
            let must_remain =
                event.what.acknowledges() && history.within(era, event) && event.end <= copied;
            if must_remain && !after.contains(&message) {
                report(
                    Kind::Lost,
                    format!(
                        "{message} was acknowledged before the copy was taken, and is not in it"
                    ),
                    vec![at],
                );
            }
        }
    }
    for (at, event) in history
        .events
        .iter()
        .enumerate()
        .filter(|(_, event)| event.what.session() == session)
    {
        let touched: Vec<_> = (0..history.eras.len())
            .filter(|era| history.touches(*era, event))
            .collect();
        let is_checked = touched.iter().any(|era| history.within(*era, event));
        let verdicts: Vec<_> = touched
            .iter()
            .map(|era| fits(&event.what, &history.eras[*era].last[here]))
            .collect();
        if is_checked || verdicts.iter().any(Result::is_ok) {
            continue;
        }
        if let Some(Err((kind, text))) = verdicts.last() {
            let era = touched[touched.len() - 1];
            let text = text.clone();
            found.push(Violation {
                kind: *kind,
                session,
                text,
                evidence: shown_by(history, era, at),
            });
        }
    }
}
