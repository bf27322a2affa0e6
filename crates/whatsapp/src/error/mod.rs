//! What WhatsApp answers if it does not accept a message, and what the channel does then.
#![doc = ""]
#![doc = include_str!("errors.md")]

mod graph;

pub(crate) use graph::class_of;
pub use graph::{Class, GraphError};

/// Why a request failed.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A message was not accepted, or perhaps not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// It was not sent: there was no connection.
    #[error("WhatsApp was not reached")]
    NotSent(#[source] BoxError),
    /// It may have been sent: the answer is missing or not the API's.
    #[error("WhatsApp gave no certain answer")]
    NoAnswer(#[source] BoxError),
    /// The API refused it.
    #[error(transparent)]
    Refused(GraphError),
}
