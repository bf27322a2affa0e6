//! What the programs of this package share: how they print errors, and their log.

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Any error. A program only prints it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error and its causes, separated by colons.
///
/// # Examples
/// ```
/// let error = "x".parse::<u32>().unwrap_err();
/// assert_eq!(vimbisopay::program::chain(&error), "invalid digit found in string");
/// ```
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Logs to standard error if `RUST_LOG` is set, for example to `info`. Call it once.
///
/// # Errors
/// If `RUST_LOG` is invalid; then nothing is logged.
///
/// # Examples
/// ```
/// if let Err(why) = vimbisopay::program::start_logging() {
///     eprintln!("nothing is logged because RUST_LOG is invalid: {why}");
/// }
/// ```
pub fn start_logging() -> Result<(), BoxError> {
    let Ok(targets) = std::env::var("RUST_LOG") else {
        return Ok(());
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_filter(targets.parse::<Targets>()?);
    tracing_subscriber::registry().with(lines).init();
    Ok(())
}
