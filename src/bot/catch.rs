//! Panics of the host's functions.

use std::panic::{AssertUnwindSafe, catch_unwind as catch_sync};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a future returns; `None` if it panics. It is dropped then.
pub(super) async fn catch_unwind<T>(future: impl Future<Output = T> + Send) -> Option<T> {
    Caught(Some(Box::pin(future))).await
}

/// What a function returns; `None` if it panics.
pub(super) fn catch<T>(function: impl FnOnce() -> T) -> Option<T> {
    catch_sync(AssertUnwindSafe(function)).ok()
}

struct Caught<F>(Option<Pin<Box<F>>>);

impl<F: Future> Future for Caught<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else {
            return Poll::Ready(None);
        };
        // What the future shares with others is the host's, and a panic of a task leaves it in the
        // same state.
        match catch(|| future.as_mut().poll(context)) {
            Some(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Some(Poll::Pending) => Poll::Pending,
            None => {
                self.0 = None;
                Poll::Ready(None)
            }
        }
    }
}
