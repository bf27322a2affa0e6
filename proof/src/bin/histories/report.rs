//! The description of a violation: the rule, the few events that break it, and how to run it again.

use std::time::Duration;

use proof::checker::Violation;
use proof::history::{Event, History, Outcome, What};
use proof::list::{letter, spell};

use crate::run::Settings;

pub fn describe(violation: &Violation, history: &History, settings: Settings) -> String {
    let Violation {
        kind,
        session,
        text,
        evidence,
    } = violation;
    let mut report = format!(
        "{} ({}): session {}, seed {}\n{text}\n\n",
        kind.name().to_uppercase(),
        kind.means(),
        letter(*session),
        history.seed
    );
    let mut events: Vec<_> = evidence.iter().map(|at| &history.events[*at]).collect();
    events.sort_by_key(|event| event.start);
    for event in &events {
        report += &line(event);
    }
    let here = usize::from(*session);
    for (number, now) in history.eras.iter().enumerate() {
        if number > 0 {
            report += &format!(
                "{:>27}  the server is back, with: {}\n",
                millis(now.begins),
                spell(&now.first[here])
            );
        }
        let last = if number + 1 == history.eras.len() {
            "at the end:"
        } else {
            "before the server came back:"
        };
        report += &format!("{:>29}{last} {}\n", "", spell(&now.last[here]));
    }
    report += &format!(
        "\n{} of {} events. To run this seed again:\n",
        events.len(),
        history.events.len()
    );
    report + &settings.command(history.seed) + "\n"
}

fn line(
    Event {
        worker,
        start,
        end,
        what,
    }: &Event,
) -> String {
    let caller = if *worker == usize::MAX {
        "at the end".to_owned()
    } else {
        format!("worker {worker}")
    };
    let what = match what {
        What::Delivered { message, outcome } => match outcome {
            Outcome::Committed { on } => format!("{message} is committed after: {}", spell(on)),
            Outcome::Duplicate { now, .. } => {
                format!("{message} is a duplicate in: {}", spell(now))
            }
            Outcome::Unknown => format!("{message}: unknown"),
            Outcome::GivenUp => format!("{message} was given up"),
            Outcome::Refused => format!("{message}: refused"),
            Outcome::Failed(error) => format!("{message}: {error}"),
        },
        What::Read { list, .. } => format!("reads: {}", spell(list)),
        What::Resolved {
            message,
            applied: Some(revision),
        } => format!("{message} was applied, as revision {revision}"),
        What::Resolved {
            message,
            applied: None,
        } => format!("{message} will never be applied"),
    };
    format!(
        "{:>12} – {:>12}  {caller}: {what}\n",
        millis(*start),
        millis(*end)
    )
}

fn millis(instant: Duration) -> String {
    format!("{:.3} ms", instant.as_secs_f64() * 1000.0)
}
