//! Polling, for hosts without a public URL: moves the offset after the commit.

use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use vimbiso_state::UserId;
use vimbiso_state::bot::Conversation;

use crate::client::ApiError;
use crate::telegram::{Taken, Telegram};
use crate::update::{Received, Update};

/// How long the Bot API waits for an update before it answers with none.
const WAIT: Duration = Duration::from_secs(25);

/// The most updates that the Bot API gives at a time.
const LIMIT: u8 = 100;

/// Between attempts; doubled while they fail.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// While updates fail. New updates of other users wait for it too.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// While the Bot API does not answer.
const LONGEST_OUTAGE_PAUSE: Duration = Duration::from_secs(30);

/// Conflicts after which another poller is no remainder of a deployment.
const CONFLICTS: u32 = 6;

/// Why polling ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PollError {
    /// A webhook is set for this bot: call
    /// [`delete_webhook`](crate::Client::delete_webhook) first.
    #[error("cannot poll while a webhook is set: delete the webhook, or serve it")]
    WebhookIsSet,
    /// Another process polls for this bot, and has not stopped after some 20 s. Several processes
    /// need a webhook.
    #[error("another process polls for this bot: stop it, or use a webhook for both")]
    AnotherPoller,
    /// The token is refused.
    #[error(transparent)]
    TokenRefused(ApiError),
}

impl<C: Conversation> Telegram<C>
where
    C::Input: From<Received>,
{
    /// Asks Telegram for updates and handles them, until `shutdown` is ready. Then it finishes what
    /// it has begun, confirms it, and returns; call
    /// [`Bot::shutdown`](vimbiso_state::bot::Bot::shutdown) afterwards.
    ///
    /// Users are handled at the same time, and the updates of each in order: one that fails is
    /// tried again after 1 s, later every 4 s, and the later ones of that user wait for it.
    /// Telegram is told to go on at the first update that is not committed; a process that is
    /// killed loses none. If the Bot API does not answer, it is asked again, after 30 s at most.
    ///
    /// More updates are asked for once all of the last ones are handled or have failed, so a turn
    /// that takes long keeps other users waiting, which a webhook does not.
    ///
    /// **At most 100 updates wait at a time.** While the oldest one fails, the 99 after it are
    /// handled, and no further ones are seen until it succeeds or is
    /// [given up](Self::give_up_after). A webhook has no such limit.
    ///
    /// # Errors
    /// [`PollError`] if it cannot go on before a person acts.
    ///
    /// # Examples
    /// See [`Telegram`].
    pub async fn poll(&self, shutdown: impl Future<Output = ()>) -> Result<(), PollError> {
        let mut shutdown = pin!(shutdown);
        let mut window = Window::default();
        let mut pause = FIRST_PAUSE;
        let mut conflicts = 0;
        loop {
            let begun = Instant::now();
            let asked = self.inner.client.get_updates(window.offset, LIMIT, WAIT);
            let answer = tokio::select! {
                biased;
                () = &mut shutdown => break,
                answer = asked => answer,
            };
            let has_waited = begun.elapsed() >= FIRST_PAUSE;
            let wait = match answer {
                Ok(values) => {
                    // Two pollers interrupt each other, and each gets an update now and then.
                    conflicts = u32::saturating_sub(conflicts, 1);
                    let has_moved = self.handle_batch(&mut window, values).await;
                    if has_moved || !window.failed {
                        pause = FIRST_PAUSE;
                    }
                    // The Bot API waits for an update; a proxy in its place may not.
                    let is_idle = !has_moved && !has_waited;
                    (window.failed || is_idle).then(|| pause.min(LONGEST_PAUSE))
                }
                Err(ApiError::Conflict { description }) => {
                    conflicts += 1;
                    tracing::error!(description, "polling is refused");
                    if description.contains("webhook") {
                        return Err(PollError::WebhookIsSet);
                    }
                    if conflicts >= CONFLICTS {
                        return Err(PollError::AnotherPoller);
                    }
                    Some(FIRST_PAUSE * conflicts)
                }
                Err(error) if error.is_token_refused() => {
                    return Err(PollError::TokenRefused(error));
                }
                Err(ApiError::TooManyRequests { retry_after }) => {
                    Some(retry_after.unwrap_or(pause))
                }
                Err(error) => {
                    tracing::warn!(%error, "updates were not fetched");
                    Some(pause)
                }
            };
            if let Some(wait) = wait {
                pause = (pause * 2).min(LONGEST_OUTAGE_PAUSE);
                tokio::select! {
                    biased;
                    () = &mut shutdown => break,
                    () = sleep(wait) => {}
                }
            }
        }
        if window.offset.is_some() {
            // Without it, the next process finds out by itself that these were handled.
            let confirmed = self
                .inner
                .client
                .get_updates(window.offset, 1, Duration::ZERO);
            let _ = confirmed.await;
        }
        Ok(())
    }

    /// Handles what was not handled yet. Returns whether something was.
    async fn handle_batch(&self, window: &mut Window, values: Vec<Value>) -> bool {
        let (ids, updates) = window.read(values);
        let mut users: Vec<(Option<UserId>, Vec<Update>)> = Vec::new();
        for update in updates {
            let user = self.inner.user(&update);
            let same = users
                .iter_mut()
                .find(|(other, _)| user.is_some() && *other == user);
            match same {
                Some((_, updates)) => updates.push(update),
                None => users.push((user, vec![update])),
            }
        }
        let mut tasks = JoinSet::new();
        for (_, updates) in users {
            let telegram = self.inner.clone();
            tasks.spawn(async move {
                let mut done = Vec::new();
                for update in updates {
                    let id = update.id;
                    if telegram.take(update).await != Taken::Confirm {
                        break;
                    }
                    done.push(id);
                }
                done
            });
        }
        let mut has_moved = false;
        while let Some(done) = tasks.join_next().await {
            // None if the runtime ends.
            for id in done.unwrap_or_default() {
                window.done.insert(id);
                has_moved = true;
            }
        }
        window.advance(&ids);
        has_moved
    }
}

/// What Telegram holds, and what of it is done.
#[derive(Debug, Default)]
struct Window {
    /// The first update that Telegram is to give again. `None` if it holds nothing that this
    /// process has seen: then it begins at the oldest that is not confirmed, whichever number it
    /// has. So ids are never compared, and may begin anew.
    offset: Option<i64>,
    /// The updates that are done and come again, because an older one is not done.
    done: HashSet<i64>,
    /// Whether an update of the last batch is to be tried again.
    failed: bool,
}

impl Window {
    /// The ids of a batch in order, and the updates that are not done.
    fn read(&mut self, values: Vec<Value>) -> (Vec<i64>, Vec<Update>) {
        let updates: Vec<_> = values
            .into_iter()
            .filter_map(|value| Update::of(value).ok())
            .collect();
        let ids: Vec<_> = updates.iter().map(|update| update.id).collect();
        // What does not come any more is confirmed.
        self.done.retain(|id| ids.contains(id));
        let open = updates
            .into_iter()
            .filter(|update| !self.done.contains(&update.id));
        let open = open.collect();
        (ids, open)
    }

    /// Moves to the first update that is not done.
    fn advance(&mut self, ids: &[i64]) {
        let open = ids.iter().find(|id| !self.done.contains(id));
        self.failed = open.is_some();
        self.offset = match open {
            Some(open) => Some(*open),
            None => ids.last().map(|last| last.saturating_add(1)),
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(window: &mut Window, ids: &[i64], done: &[i64]) -> Vec<i64> {
        let values = ids.iter().map(|id| json!({ "update_id": id })).collect();
        let (ids, updates) = window.read(values);
        let open: Vec<_> = updates.iter().map(|update| update.id).collect();
        window
            .done
            .extend(done.iter().filter(|id| open.contains(id)));
        window.advance(&ids);
        open
    }

    #[test]
    fn offset_moves_to_the_first_that_is_not_done() {
        let mut window = Window::default();
        assert_eq!(batch(&mut window, &[1, 2, 3, 4], &[1, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(window.offset, Some(2));
        assert!(window.failed);
        assert_eq!(batch(&mut window, &[2, 3, 4, 5], &[2, 5]), [2, 5]);
        assert_eq!(window.offset, Some(6));
        assert!(!window.failed);
        assert_eq!(batch(&mut window, &[], &[]), [0; 0]);
        assert_eq!(window.offset, None);
        assert!(window.done.is_empty());
    }

    #[test]
    fn ids_may_begin_anew_at_a_smaller_number() {
        let mut window = Window::default();
        batch(&mut window, &[900], &[900]);
        assert_eq!(window.offset, Some(901));
        // Confirmed and nothing new: after a week, the numbers are others.
        batch(&mut window, &[], &[]);
        assert_eq!(batch(&mut window, &[17, 18], &[17, 18]), [17, 18]);
        assert_eq!(window.offset, Some(19));
    }
}
