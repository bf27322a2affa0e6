//! Everything that is logged, down to TRACE.

use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Held by the test that captures.
static CAPTURING: Mutex<()> = Mutex::new(());

/// A second subscriber, which is never dropped. If there is only one, `tracing` takes the answer of
/// the thread that reaches a line first for that of all threads, also if that thread captures
/// nothing.
static SECOND: LazyLock<tracing::Dispatch> =
    LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::registry()));

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Captures what `f` logs on this thread.
    ///
    /// Tests capture one after the other, because whether a line is logged at all is decided for
    /// the process: when the line is first reached, or a subscriber comes or goes.
    pub fn capture<T>(&self, f: impl FnOnce() -> T) -> T {
        one_at_a_time(self.subscriber(), f)
    }

    /// The same, with a line for each span that ends.
    pub fn capture_spans<T>(&self, f: impl FnOnce() -> T) -> T {
        let subscriber = tracing_subscriber::fmt()
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(self.clone())
            .with_ansi(false)
            .finish();
        one_at_a_time(subscriber, f)
    }

    pub fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        LazyLock::force(&SECOND);
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(self.clone())
            .with_ansi(false)
            .finish()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn one_at_a_time<T>(
    subscriber: impl tracing::Subscriber + Send + Sync + 'static,
    f: impl FnOnce() -> T,
) -> T {
    // A test that failed while it captured has left nothing behind that matters here.
    let _capturing = CAPTURING.lock().unwrap_or_else(PoisonError::into_inner);
    tracing::subscriber::with_default(subscriber, f)
}
