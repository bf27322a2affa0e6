//! What an operator should act on.

use std::fmt;
use std::sync::Arc;

use vimbiso_state::CommitId;

use crate::error::GraphError;

pub(super) type AlertHook = Arc<dyn Fn(&Alert) + Send + Sync>;

/// Something that an operator should act on. See [`WhatsApp::on_alert`](crate::WhatsApp::on_alert).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alert {
    /// WhatsApp refuses all messages, because of the access token, the account or the settings.
    /// They wait in the outbox, are tried again at least every 30 s, and cause this each time.
    /// [`Client::renew_access_token`](crate::Client::renew_access_token) helps if it is the token.
    Refused {
        /// Why.
        error: GraphError,
    },
    /// WhatsApp accepted a reply and did not deliver it. It is not sent again, except for its
    /// [template](crate::Message::template) if only that is allowed.
    NotDelivered {
        /// The id of the reply.
        reply: CommitId,
        /// The code of the error; see [the table](crate::error).
        code: Option<i64>,
    },
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error } => write!(f, "WhatsApp refuses all messages: {error}"),
            Self::NotDelivered { code: None, .. } => f.write_str("a reply was not delivered"),
            Self::NotDelivered {
                code: Some(code), ..
            } => write!(f, "a reply was not delivered: error {code}"),
        }
    }
}

impl Alert {
    pub(super) fn log(&self) {
        match self {
            Self::Refused { .. } => tracing::error!("{self}"),
            Self::NotDelivered { .. } => tracing::warn!("{self}"),
        }
    }
}
