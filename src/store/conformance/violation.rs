//! How a store breaks its contract.

use std::error::Error as _;
use std::fmt;

use crate::error::StoreError;

/// How a store broke its contract, in one sentence for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(Box<str>);

/// The result of running a behaviour.
pub(super) type CaseResult = Result<(), Violation>;

impl Violation {
    pub(super) fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// An answer that the contract does not allow in this situation.
    pub(super) fn unexpected(expected: &str, answer: &dyn fmt::Debug) -> Self {
        Self::new(format!("expected {expected}, got {answer:?}"))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

/// A call that has no reason to fail breaks the contract if it fails.
impl From<StoreError> for Violation {
    fn from(error: StoreError) -> Self {
        let mut text = format!("the store failed without a reason: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text += &format!(": {cause}");
            source = cause.source();
        }
        Self::new(text)
    }
}

/// Returns a violation unless the condition is true.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::store::conformance::Violation::new(format!($($text)+)));
        }
    };
}

/// Gives a part of an answer of the expected kind, and returns a violation for any other answer.
macro_rules! extract {
    ($answer:expr, $kind:pat => $part:expr, $expected:literal) => {
        match $answer {
            $kind => $part,
            // If `$kind` matches every answer, this arm is never reached.
            #[allow(unreachable_patterns)]
            other => {
                return Err($crate::store::conformance::Violation::unexpected(
                    $expected, &other,
                ))
            }
        }
    };
}

pub(super) use {ensure, extract};
