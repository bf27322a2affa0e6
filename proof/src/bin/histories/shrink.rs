//! The search for a shorter history that still breaks a rule, in a few tries.

use proof::BoxError;
use proof::checker::{Violation, check};
use proof::history::History;
use tokio::task::JoinSet;

use crate::plan::Size;
use crate::report;
use crate::run::{Settings, run};

/// A seed does not decide the schedule, so a smaller history is tried under several seeds.
const TRIES: u64 = 8;

/// Makes the history smaller as long as a violation is found, and describes the smallest one.
pub async fn shortest(mut wrong: History, mut settings: Settings) -> Result<String, BoxError> {
    while let Some(size) = smaller(settings.size) {
        let settings_now = Settings { size, ..settings };
        let Some(history) = again(wrong.seed, settings_now).await? else {
            break;
        };
        wrong = history;
        settings = settings_now;
    }
    let violations = check(&wrong);
    let first = violations.first();
    Ok(first
        .map(|violation: &Violation| report::describe(violation, &wrong, settings))
        .unwrap_or_default())
}

/// A history of this size, of one of the next seeds, that breaks a rule.
async fn again(seed: u64, settings: Settings) -> Result<Option<History>, BoxError> {
    let mut running = JoinSet::new();
    for more in 0..TRIES {
        running.spawn(run(seed.wrapping_add(more), settings));
    }
    while let Some(done) = running.join_next().await {
        let history = done??;
        if !check(&history).is_empty() {
            return Ok(Some(history));
        }
    }
    Ok(None)
}

/// First fewer sessions, then fewer messages.
fn smaller(Size { sessions, messages }: Size) -> Option<Size> {
    match (sessions, messages) {
        (1, ..=2) => None,
        (1, _) => Some(Size {
            sessions,
            messages: messages / 2,
        }),
        _ => Some(Size {
            sessions: 1,
            messages,
        }),
    }
}
