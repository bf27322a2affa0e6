//! What the store and the files hold when a history is over.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use proof::BoxError;
use proof::payments::evidence::{Paid, Sent, Shown};
use tokio::time::{Instant, sleep};
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, RedisStore, StateStore as _, UserId};

use crate::payments::wire;

/// The files of a history.
pub struct Files<'a> {
    pub folder: &'a Path,
}

impl Files<'_> {
    pub fn ledger(&self) -> std::path::PathBuf {
        self.folder.join("ledger")
    }

    pub fn shown(&self) -> std::path::PathBuf {
        self.folder.join("shown")
    }

    pub fn events(&self) -> std::path::PathBuf {
        self.folder.join("events")
    }

    pub fn paid(&self) -> Result<Vec<Paid>, BoxError> {
        Ok(wire::read(&self.ledger())?)
    }

    /// How much was paid and shown so far.
    fn lines(&self) -> Result<(usize, usize), BoxError> {
        Ok((
            wire::read::<Paid>(&self.ledger())?.len(),
            wire::read::<Shown>(&self.shown())?.len(),
        ))
    }
}

/// The store over a network without faults.
pub async fn connect(url: &str) -> Result<RedisStore, BoxError> {
    Ok(RedisStore::builder().connect(url).await?)
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// Waits until no outbox holds anything and nothing has been paid or shown for `still`, at most for
/// a minute. Returns what is left.
pub async fn until_quiet(
    store: &RedisStore,
    users: &[String],
    files: &Files<'_>,
    still: Duration,
) -> Result<Vec<(String, String)>, BoxError> {
    let started = Instant::now();
    let mut last = files.lines()?;
    let mut since = Instant::now();
    loop {
        let left = left(store, users).await?;
        let lines = files.lines()?;
        if lines != last || !left.is_empty() {
            last = lines;
            since = Instant::now();
        }
        if left.is_empty() && since.elapsed() >= still {
            return Ok(left);
        }
        if started.elapsed() > Duration::from_secs(60) {
            return Ok(left);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// What the outboxes hold.
async fn left(store: &RedisStore, users: &[String]) -> Result<Vec<(String, String)>, BoxError> {
    let Some(outboxes) = store.outbox() else {
        return Ok(Vec::new());
    };
    let mut left = Vec::new();
    for name in users {
        let user = UserId::new(name.as_str())?;
        let outbox = outboxes.read(&user, deadline()).await?;
        let replies = outbox.replies.iter().map(|reply| format!("{reply:?}"));
        let call = outbox.call.iter().map(|call| format!("{call:?}"));
        left.extend(replies.chain(call).map(|entry| (name.clone(), entry)));
    }
    Ok(left)
}

/// Whether the store knows the commit of each message.
pub async fn applied(store: &RedisStore, sent: &[Sent]) -> Result<HashMap<String, bool>, BoxError> {
    let mut applied = HashMap::new();
    for Sent {
        message, commit_id, ..
    } in sent
    {
        let user = UserId::new(message.user.as_str())?;
        let id: CommitId = commit_id.parse()?;
        let loaded = store.load(&user, Some(&id), deadline()).await?;
        let is_applied = matches!(loaded.commit_status, Some(CommitStatus::Applied { .. }));
        applied.insert(commit_id.clone(), is_applied);
    }
    Ok(applied)
}
