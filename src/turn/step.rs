//! How a decision ends.

use std::convert::Infallible;

/// How the closure of [`StateManager::handle`](crate::StateManager::handle) ends a turn.
///
/// # Examples
/// ```
/// use vimbiso_state::Step;
///
/// fn greet(text: &str) -> Step<Option<&'static str>> {
///     if text.is_empty() {
///         return Step::Stop(None); // a status update, say: nothing to do, and nothing to write
///     }
///     Step::Commit(Some("Hello!"))
/// }
/// assert!(matches!(greet(""), Step::Stop(None)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<T, Q = Infallible> {
    /// Commits what was done to the turn, then returns the value.
    Commit(T),
    /// Returns the value and drops what was done to the turn: the session stays as it is, and the
    /// message is not recorded.
    Stop(T),
    /// Asks for a fact from elsewhere, then decides again on the same session. Only in
    /// [`handle_with_facts`](crate::StateManager::handle_with_facts); elsewhere this variant cannot
    /// be constructed.
    Ask(Q),
}
