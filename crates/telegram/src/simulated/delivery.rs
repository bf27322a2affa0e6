//! Delivers updates to the webhook: those of a chat one after the other, each until it is
//! confirmed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::state::{State, Webhook};

/// The real one waits for seconds, and longer and longer.
const RETRY: Duration = Duration::from_millis(100);

pub(super) async fn run(http: reqwest::Client, state: Arc<State>) {
    loop {
        let changed = state.changed.notified();
        for (webhook, id, body, times) in due(&state) {
            let state = Arc::clone(&state);
            let http = http.clone();
            tokio::spawn(async move {
                let mut posts = Vec::new();
                for _ in 0..times {
                    let post = post(http.clone(), webhook.clone(), body.clone());
                    posts.push(tokio::spawn(post));
                }
                let mut is_confirmed = true;
                for post in posts {
                    is_confirmed &= post.await.unwrap_or(false);
                }
                let mut data = state.lock();
                if is_confirmed {
                    data.confirm(id);
                } else if let Some(pending) = data.updates.iter_mut().find(|one| one.id == id) {
                    pending.is_in_flight = false;
                    pending.not_before = Instant::now() + RETRY;
                }
                drop(data);
                state.changed.notify_waiters();
            });
        }
        let _ = timeout(RETRY / 2, changed).await;
    }
}

/// The oldest update of each chat, if it is not on its way.
fn due(state: &State) -> Vec<(Webhook, i64, Value, usize)> {
    let mut data = state.lock();
    let Some(webhook) = data.webhook.clone() else {
        return Vec::new();
    };
    let times = if data.deliver_twice { 2 } else { 1 };
    let now = Instant::now();
    let mut chats = Vec::new();
    let mut due = Vec::new();
    for pending in &mut data.updates {
        if chats.contains(&pending.chat) {
            continue;
        }
        chats.push(pending.chat);
        if !pending.is_in_flight && pending.not_before <= now {
            pending.is_in_flight = true;
            due.push((webhook.clone(), pending.id, pending.body.clone(), times));
        }
    }
    due
}

async fn post(http: reqwest::Client, webhook: Webhook, body: Value) -> bool {
    let mut request = http.post(webhook.url).timeout(Duration::from_secs(60));
    if let Some(secret) = webhook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    match request.body(body.to_string()).send().await {
        Ok(answer) => answer.status().is_success(),
        Err(_) => {
            sleep(RETRY).await;
            false
        }
    }
}
