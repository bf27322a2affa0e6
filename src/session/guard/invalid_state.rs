//! Why data is not stored.

use super::read_back::ReadBackError;
use crate::session::Record;

/// Why the data of a conversation is not stored. Names the field, never its value, and no key of a
/// map: `orders.*.notes.3`. A path of more than 200 characters is cut in the middle.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, Order};
/// use vimbiso_state::session::{InvalidState, check_state};
///
/// let order = Order {
///     drinks: vec!["tea".repeat(30_000)],
///     ..Order::default()
/// };
/// let error = check_state::<Cafe>(&order).unwrap_err();
/// assert!(matches!(error, InvalidState::TooLarge { bytes: 90_028 }));
/// assert_eq!(
///     error.to_string(),
///     "invalid data: it has 90028 bytes as JSON; use at most 65536",
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidState {
    /// The data is not a JSON object.
    #[error("invalid data: it is not a JSON object; use a struct with named fields or a map")]
    NotAnObject,
    /// The data is longer than [`Record::MAX_DATA`].
    #[error(
        "invalid data: it has {bytes} bytes as JSON; use at most {}",
        Record::MAX_DATA
    )]
    TooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// The data is nested deeper than [`Record::MAX_DEPTH`].
    #[error(
        "invalid data: field {path} is nested too deep; use at most {} levels",
        Record::MAX_DEPTH
    )]
    TooDeep {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// A field has the name of a secret.
    #[error(
        "invalid data: field {path} has the name of a secret; \
         rename it, or list it in Flow::ALLOWED_FIELD_NAMES if it holds none"
    )]
    SecretName {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// A text, or the name of a field, holds a JSON Web Token.
    #[error("invalid data: field {path} holds a token; store tokens with set_jwt_token only")]
    Token {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// The data is not the same after it is read back, so another process could not go on with it.
    #[error("invalid data: {0}")]
    NotReadable(ReadBackError),
    /// The data cannot be written as JSON: its `Serialize` failed, or the keys of a map are not
    /// texts or numbers. The cause is dropped because it may quote the data.
    #[error("invalid data: field {path} cannot be written as JSON")]
    Encode {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
}
