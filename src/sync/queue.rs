//! One turn a user at a time, in the order they came. Within this process only; across processes
//! the commit decides.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use crate::id::UserId;
use crate::sync::Shards;

type Place = Arc<tokio::sync::Mutex<()>>;

/// The queues of all users that someone is in right now. An empty queue leaves nothing behind.
#[derive(Debug, Default)]
pub(crate) struct Queues(Shards<HashMap<UserId, Place>>);

impl Queues {
    /// Waits for the user's turn. First come, first served; a caller that stops waiting leaves the
    /// queue.
    pub(crate) async fn enter<'a>(&'a self, user: &'a UserId) -> Entered<'a> {
        let place = Arc::clone(self.0.of(user).entry(user.clone()).or_default());
        // From here on the drop of `leaving` cleans up, also when the caller stops waiting.
        let mut leaving = Entered {
            queues: self,
            user,
            held: None,
        };
        leaving.held = Some(place.lock_owned().await);
        leaving
    }

    /// Of how many users.
    pub(crate) fn len(&self) -> usize {
        (0..Shards::<()>::COUNT).map(|at| self.0.at(at).len()).sum()
    }
}

/// A user's turn, until it is dropped.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub(crate) struct Entered<'a> {
    queues: &'a Queues,
    user: &'a UserId,
    held: Option<OwnedMutexGuard<()>>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut shard = self.queues.0.of(self.user);
        // Under the shard's lock nobody can join, so who sees no other handle is the last.
        self.held = None;
        if shard
            .get(self.user)
            .is_some_and(|place| Arc::strong_count(place) == 1)
        {
            shard.remove(self.user);
        }
    }
}

#[cfg(all(test, shuttle))]
mod schedules;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn user(n: usize) -> UserId {
        UserId::new(format!("user-{n}")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_user_waits_and_another_does_not() {
        let queues = Queues::default();
        let (a, b) = (user(1), user(2));
        let first = queues.enter(&a).await;
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, queues.enter(&a)).await.is_err());
        assert!(tokio::time::timeout(soon, queues.enter(&b)).await.is_ok());
        drop(first);
        assert!(tokio::time::timeout(soon, queues.enter(&a)).await.is_ok());
        assert_eq!(queues.len(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nobody_overtakes_inside_and_nothing_is_left_behind() {
        let queues = Arc::new(Queues::default());
        let inside = Arc::new([const { std::sync::atomic::AtomicU32::new(0) }; 4]);
        let tasks: Vec<_> = (0..256)
            .map(|n| {
                let (queues, inside) = (Arc::clone(&queues), Arc::clone(&inside));
                tokio::spawn(async move {
                    let user = user(n % 4);
                    // Every third caller gives up early.
                    let patience = if n % 3 == 0 {
                        Duration::from_micros(50)
                    } else {
                        Duration::from_secs(60)
                    };
                    let Ok(_turn) = tokio::time::timeout(patience, queues.enter(&user)).await
                    else {
                        return;
                    };
                    assert_eq!(
                        inside[n % 4].fetch_add(1, std::sync::atomic::Ordering::SeqCst),
                        0
                    );
                    tokio::task::yield_now().await;
                    inside[n % 4].fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(queues.len(), 0);
    }
}
