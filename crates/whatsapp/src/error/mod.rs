//! What WhatsApp answers if it does not accept a message, and what the channel does then.
//!
//! | code | what it means | the channel |
//! |---|---|---|
//! | 131047 | the user has not written for 24 hours | sends the [template](crate::Message::template) of the reply, or rejects it |
//! | 131056 | too many messages to this user | waits 6 s or as long as `Retry-After` says |
//! | 4, 80007, 130429, 131048, 131057, HTTP 429 | too many messages of this app, account or number | waits as long as `Retry-After` says, for all users |
//! | 1, 2, 131000, 131016, 133004, errors marked as transient, HTTP 408 and 5xx with an error of the API | a fault of the API | tries again |
//! | 0, 3, 10, 190, 200–299, HTTP 401 and 403 | the access token is expired or lacks a permission | tries again and [alerts](crate::channel::Alert::Refused) |
//! | 33, 100 with subcode 33, 368, 131005, 131031, 131037, 131042, 131045, 133010, HTTP 3xx and 404 | the account is restricted, not paid for or not registered, or the settings are wrong | tries again and [alerts](crate::channel::Alert::Refused) |
//! | 131026 | the user cannot get it: no WhatsApp, an old app, terms not accepted | rejects it |
//! | 131021 | the user is the bot's own number | rejects it |
//! | 131051, 131052, 131053 | the type or the media is not supported | rejects it |
//! | 100, 131008, 131009 | a parameter is wrong | rejects it |
//! | 130472, 131049, 131050 | Meta does not deliver it to this user | rejects it |
//! | 131062 | it cannot go to a business-scoped user id | rejects it |
//! | 132000–132099 | the template does not exist, is paused, or has other variables | rejects it |
//! | any other with HTTP 4xx | | rejects it |
//!
//! | no error of the API | what it means | the channel |
//! |---|---|---|
//! | no connection, also by a timeout | the message was not sent | tries again |
//! | a timeout, or a connection that ends, after the request was written | it may have been sent | [waits for its status](crate::WhatsApp::status), then tries again |
//! | HTTP 2xx or 5xx without an answer of the API | it may have been sent | the same |
//!
//! "Tries again" is after the wait of the bot: 1, 2, 4, 8, 16 and then 30 seconds. A time that the
//! API asks for counts as 30 s if it is longer.

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
    /// It may have been sent: the answer is missing or is none of the API.
    #[error("WhatsApp gave no certain answer")]
    NoAnswer(#[source] BoxError),
    /// The API refused it.
    #[error(transparent)]
    Refused(GraphError),
}
