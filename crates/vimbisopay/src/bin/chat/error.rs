//! What goes wrong is told with its causes.

/// Any error: all the terminal does is print it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error and what caused it.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
