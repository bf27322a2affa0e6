//! What a behaviour says when a store does not show it.

use std::error::Error as _;
use std::fmt;

use crate::error::StoreError;

/// How a store broke its contract: a sentence for whoever writes the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(Box<str>);

/// What a behaviour comes to.
pub(super) type Verdict = Result<(), Violation>;

impl Violation {
    pub(super) fn new(what: impl Into<Box<str>>) -> Self {
        Self(what.into())
    }

    /// Something was answered that the contract does not allow here.
    pub(super) fn instead_of(expected: &str, answered: &dyn fmt::Debug) -> Self {
        Self::new(format!("expected {expected}, and got {answered:?}"))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

/// An error where nothing was wrong is a violation too.
impl From<StoreError> for Violation {
    fn from(error: StoreError) -> Self {
        let mut what = format!("the store failed where it had no reason to: {error}");
        let mut cause = error.source();
        while let Some(source) = cause {
            what += &format!(": {source}");
            cause = source.source();
        }
        Self::new(what)
    }
}

/// Ends the behaviour with a violation unless something holds.
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::store::conformance::Violation::new(format!($($why)+)));
        }
    };
}

/// Takes apart an answer of one kind, or ends the behaviour with a violation that shows the one that came.
macro_rules! answered {
    ($answer:expr, $kind:pat => $part:expr, $expected:literal) => {
        match $answer {
            $kind => $part,
            #[allow(unreachable_patterns)]
            other => {
                return Err($crate::store::conformance::Violation::instead_of(
                    $expected, &other,
                ))
            }
        }
    };
}

pub(super) use {answered, ensure};
