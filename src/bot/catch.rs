//! Panics of the host's functions.

use std::panic::{AssertUnwindSafe, catch_unwind as catch_sync};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// What a future returns; `None` if it panics. It is dropped then.
pub(super) async fn catch_unwind<T>(future: impl Future<Output = T> + Send) -> Option<T> {
    let mut future = pin!(Caught(Some(Box::pin(future))));
    std::future::poll_fn(|context| future.as_mut().poll(context)).await
}

struct Caught<F>(Option<Pin<Box<F>>>);

impl<F: Future> Future for Caught<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else {
            return Poll::Ready(None);
        };
        // What the future shares with others is the host's, and a panic in a task leaves it the
        // same way.
        match catch_sync(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => {
                self.0 = None;
                Poll::Ready(None)
            }
        }
    }
}
