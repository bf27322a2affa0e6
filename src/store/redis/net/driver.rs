//! The task that sends the requests of a connection, many in one system call.
//!
//! Tokio runs a task that was just woken before all others of its thread. So the driver would be
//! polled as soon as the first of many tasks has made a request, and send that one alone: a system
//! call, and a wake-up of the server, for each request. Instead it lets the others run first:
//!
//! ```text
//! task 1: request ─┐ wakes
//! driver:          └─ yields     yields     yields     sends all four
//! tasks 2, 3, 4:          request    request    request
//! ```
//!
//! It yields a fixed number of times and uses no timer, so it is late by what is ready to run
//! anyway, and by next to nothing if no other task is.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::AbortHandle;

/// How often the driver lets other tasks run: with one yield half of the gain is reached, with
/// more than two hardly more.
const YIELDS: u8 = 3;

/// The task of a connection. It ends when this is dropped.
pub(super) struct Driver(AbortHandle);

impl Driver {
    /// Spawns the task on the current runtime.
    pub(super) fn spawn(driver: impl Future<Output = ()> + Send + 'static) -> Self {
        let task = tokio::spawn(Yielding {
            driver: Box::pin(driver),
            yields: YIELDS,
        });
        Self(task.abort_handle())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A future that lets other tasks run each time it is woken, before it goes on.
struct Yielding<F> {
    driver: Pin<Box<F>>,
    /// How often it yields before it goes on.
    yields: u8,
}

impl<F: Future> Future for Yielding<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.yields > 0 {
            self.yields -= 1;
            // It is polled again in any case, so no wake-up of the driver can be lost.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.yields = YIELDS;
        self.driver.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;
    use tokio::task::yield_now;

    use super::*;

    /// Counts how many requests it finds each time it is polled.
    async fn batches(mut requests: mpsc::Receiver<()>, sizes: mpsc::UnboundedSender<usize>) {
        let mut batch = Vec::new();
        while requests.recv_many(&mut batch, 64).await > 0 {
            let _ = sizes.send(batch.len());
            batch.clear();
        }
    }

    #[tokio::test]
    async fn requests_of_ready_tasks_are_sent_together() {
        let (request, requests) = mpsc::channel(64);
        let (size, mut sizes) = mpsc::unbounded_channel();
        let _driver = Driver::spawn(batches(requests, size));
        yield_now().await;
        for _ in 0..32 {
            let request = request.clone();
            tokio::spawn(async move { request.send(()).await });
        }
        assert_eq!(sizes.recv().await, Some(32));
    }

    #[tokio::test]
    async fn a_lone_request_is_sent_without_another_wake_up() {
        let (request, requests) = mpsc::channel(64);
        let (size, mut sizes) = mpsc::unbounded_channel();
        let _driver = Driver::spawn(batches(requests, size));
        for _ in 0..3 {
            request.send(()).await.unwrap();
            assert_eq!(sizes.recv().await, Some(1));
        }
    }

    #[tokio::test]
    async fn the_task_ends_with_the_driver() {
        struct OnDrop(Arc<AtomicUsize>);
        impl Drop for OnDrop {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let ended = Arc::new(AtomicUsize::new(0));
        let guard = OnDrop(Arc::clone(&ended));
        let driver = Driver::spawn(async move {
            let _guard = guard;
            std::future::pending().await
        });
        yield_now().await;
        drop(driver);
        while ended.load(Ordering::SeqCst) == 0 {
            yield_now().await;
        }
    }
}
