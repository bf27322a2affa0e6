//! The shortest history that still breaks a rule, as far as it is found in a few tries.

use proof::checker::{Violation, check};
use proof::history::History;
use tokio::task::JoinSet;
use vimbiso_state::BoxError;

use crate::plan::Size;
use crate::run::{Settings, run};
use crate::story;

/// A schedule is not a seed's to decide, so a smaller history is tried under several seeds.
const TRIES: u64 = 8;

/// Halves the history as long as one so small is wrong as well, and tells of the last.
pub async fn shortest(mut wrong: History, mut settings: Settings) -> Result<String, BoxError> {
    while let Some(size) = smaller(settings.size) {
        let settings_now = Settings { size, ..settings };
        let Some(history) = again(wrong.seed, settings_now).await? else {
            break;
        };
        (wrong, settings) = (history, settings_now);
    }
    let violations = check(&wrong);
    let first = violations.first();
    Ok(first
        .map(|violation: &Violation| story::tell(violation, &wrong, settings))
        .unwrap_or_default())
}

/// The first of the next seeds whose history is wrong at this size.
async fn again(seed: u64, settings: Settings) -> Result<Option<History>, BoxError> {
    let mut running = JoinSet::new();
    for more in 0..TRIES {
        running.spawn(run(seed.wrapping_add(more), settings));
    }
    while let Some(told) = running.join_next().await {
        let history = told??;
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
