//! Tokens for the host's API: read from the store, and refreshed before they expire, once for all
//! callers.
//!
//! The calls are on the manager: [`with_token`](crate::StateManager::with_token) and
//! [`set_jwt_token`](crate::StateManager::set_jwt_token). A host implements [`TokenSource`].

mod cache;
mod call;
mod entry;
mod error;
mod issued;
mod lifetime;
mod refresh;
mod source;
mod tokens;
#[cfg(feature = "vault")]
pub mod vault;

pub use error::{CallError, TokenError, TokenRejected};
pub use source::{IssuedToken, SourceError, TokenSource};
pub(crate) use tokens::{Tokens, read_token};
