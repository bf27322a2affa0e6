//! Errors as the terminal prints them: with all their causes.

/// Any error. The terminal only prints it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error and its causes, separated by colons.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
