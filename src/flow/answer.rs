//! Whether an answer belongs to the question that is open.

/// An answer, and whether it belongs to the question that is open.
///
/// A button belongs to the question that it was shown with; what the user types belongs to the one
/// that is open. **An older answer never confirms, pays, deletes, authorizes or accepts all**: the
/// user pressed it below another question. For plain navigation the flow decides.
///
/// An answer is older if another question was shown since, in the same turn or a later one, or if
/// none is open any more: after a [`reset`](crate::Turn::reset),
/// [`close_question`](crate::Turn::close_question), an expiry or a recovery.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, DRINKS, Pick};
/// use vimbiso_state::{Answer, CachedUser, Turn, UserId};
///
/// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
/// let older = turn.show(&DRINKS).button("tea");
/// let open = turn.show(&DRINKS).button("tea");
/// assert_eq!(turn.pick(&older), Ok(Answer::Older(Pick::Tea)));
/// assert_eq!(turn.pick(&open), Ok(Answer::Open(Pick::Tea)));
/// assert_eq!(turn.pick("2"), Ok(Answer::Open(Pick::Tea)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// A host must decide about both, so no `#[non_exhaustive]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an older answer must not confirm anything"]
pub enum Answer<T> {
    /// An answer to the open question: typed, or a button of it.
    Open(T),
    /// A button of an earlier question.
    Older(T),
}

impl<T> Answer<T> {
    /// The answer, if it is one to the open question.
    ///
    /// # Errors
    /// [`OlderQuestion`] if it is a button of an earlier one.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::Answer;
    ///
    /// assert_eq!(Answer::Open("yes").open(), Ok("yes"));
    /// assert_eq!(
    ///     Answer::Older("yes").open().unwrap_err().to_string(),
    ///     "that button belongs to an earlier question: answer the last one",
    /// );
    /// ```
    pub fn open(self) -> Result<T, OlderQuestion> {
        match self {
            Self::Open(answer) => Ok(answer),
            Self::Older(_) => Err(OlderQuestion),
        }
    }

    /// The same with another value.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::{Answer, input};
    ///
    /// let answer = Answer::Open("YES!").map(input::word);
    /// assert_eq!(answer, Answer::Open("yes".into()));
    /// ```
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Open(answer) => Answer::Open(f(answer)),
            Self::Older(answer) => Answer::Older(f(answer)),
        }
    }
}

/// The button belongs to an earlier question than the open one. Returned by [`Answer::open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that button belongs to an earlier question: answer the last one")]
pub struct OlderQuestion;
