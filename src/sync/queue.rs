//! One queue a user, first come, first served. It orders the turns of this process; between
//! processes, the commit decides.
//!
//! The position is part of the caller's future. If that is neither driven nor dropped, the others
//! in the queue wait for it until their own deadlines, which they put around
//! [`enter`](Queues::enter).

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use crate::id::UserId;
use crate::sync::Shards;

type UserLock = Arc<tokio::sync::Mutex<()>>;

/// The queues of all users with a turn under way. An empty queue takes no memory.
#[derive(Debug, Default)]
pub(crate) struct Queues(Shards<HashMap<UserId, UserLock>>);

impl Queues {
    /// Waits until earlier turns of this user are over. A caller that stops waiting leaves the
    /// queue.
    pub(crate) async fn enter<'a>(&'a self, user: &'a UserId) -> QueuePosition<'a> {
        let lock = Arc::clone(self.0.of(user).entry(user.clone()).or_default());
        // From here on the drop of `position` cleans up, also if the caller stops waiting.
        let mut position = QueuePosition {
            queues: self,
            user,
            guard: None,
        };
        // Tokio's mutex is fair: waiters get it in the order in which they came.
        position.guard = Some(lock.lock_owned().await);
        position
    }

    /// How many users have a queue.
    pub(crate) fn len(&self) -> usize {
        (0..Shards::<()>::COUNT)
            .map(|shard| self.0.at(shard).len())
            .sum()
    }
}

/// The front of a user's queue, until it is dropped.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub(crate) struct QueuePosition<'a> {
    queues: &'a Queues,
    user: &'a UserId,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for QueuePosition<'_> {
    fn drop(&mut self) {
        let mut shard = self.queues.0.of(self.user);
        // No caller can join while the shard is locked, so if no other handle exists, this is the
        // last.
        self.guard = None;
        let last = |lock: &UserLock| Arc::strong_count(lock) == 1;
        if shard.get(self.user).is_some_and(last) {
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
        let a = user(1);
        let b = user(2);
        let first = queues.enter(&a).await;
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, queues.enter(&a)).await.is_err());
        assert!(tokio::time::timeout(soon, queues.enter(&b)).await.is_ok());
        drop(first);
        assert!(tokio::time::timeout(soon, queues.enter(&a)).await.is_ok());
        assert_eq!(queues.len(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn turns_of_one_user_never_overlap() {
        let queues = Arc::new(Queues::default());
        let inside = Arc::new([const { std::sync::atomic::AtomicU32::new(0) }; 4]);
        let tasks: Vec<_> = (0..256)
            .map(|n| {
                let queues = Arc::clone(&queues);
                let inside = Arc::clone(&inside);
                tokio::spawn(async move {
                    let user = user(n % 4);
                    // Every third caller gives up early.
                    let timeout = if n % 3 == 0 {
                        Duration::from_micros(50)
                    } else {
                        Duration::from_secs(60)
                    };
                    let Ok(_turn) = tokio::time::timeout(timeout, queues.enter(&user)).await else {
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
